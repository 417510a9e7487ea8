 a   ="$é${~_u}"
x1 =     b.   null
  each =    [ long_identifier_name .  a-b[ [   ]]]
	_u     =[[for list, _u in/* c */名前 ("a  b" , ( each ),{  }   ): null?{ each: "string"
   map =null# c日本
   each= map }[in ]	:{ 
} if default]	, each. b/**/,[long_identifier_name]/*é*/  ]// c
	  // c

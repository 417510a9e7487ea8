  resource	"foo bar" {
  null="" 	
    // c
string= { foo= foo, k = list 	
   if = 0}



}
true=    {
   {   1e5: type/*é*/ . foo ._u}= a . type. in. each 	
 each =("a  b")}
	x	type	in {
true=list ( )
 
map=<<-EOT

%{~ if
   -1    }\q%{endif}${~42 }

EOT
/* c */
}
map = [ "日本語",long_identifier_name]
null = (  "é".    a )

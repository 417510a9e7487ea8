for= foo||/* 
   x */ {    null =true
   x1 =a-b,   foo =a-b, }
	variable  a {
/* c */
in	type"é"/**/{}
resource if {
}
in/* c */=	0 # cé
}
a=long_identifier_name
map { type=	b }  # cé
  list     = 0
    role  ""{
 list/* c */= (     0 )
in=2E+3// c
}

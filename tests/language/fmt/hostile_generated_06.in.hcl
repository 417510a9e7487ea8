resource	b type {a ="$" }

     
x	"x\"y"{
each="x"
    variable"a" {}   # c
resource 名前{
x 名前 { default = ( /*c*/x1) }# c
    default = ! [_u ,type, é]
	variable"foo bar"    {    }// c
é    =_u     ::foo ( - type  ) 	
}
}
  a-b/* 
   x */ =     [ type==   [for a-b,type in "$" :   {}]	]   [*][*] .0
  var= default.1// c
true=    {
   ([]) ="%{~ # c
if ( "日本語" == _u    )}//%{endif}" .null. _u }

type b "foo bar" { é = {
 default (/* 
   x */ ):	"日本${~ "x"~}{" .map,    true :/* 
   x */ a-b
type:1 ?0 :"a b" .*.default[42    ] 	
   - 0   ="%%{ if }" } }
type  "a"/* c */{
  type list long_identifier_name{
}
	for = 0
  x     {
resource	""{
 # comment
x  { type= map .     true    ./**/long_identifier_name. foo }
  default=1e5
x1= "$" 	
}  # c 
var= [ "$${x}", 00 ]// c
  null=42
x{}  # c 
}
 in=    string ?    true/**/: x1 || for
}

for = " ${true.名前[for]._u /**/ / -1}"

variable "null" { # c日本
  resource {
    foo = "$${x}"
    é   = "$"
    if  = type
  } # c 
}   # c 
x "string" {
  each   = "é".1.each.a-b
  string = -1
  if     = each(foo, ) # cé
  x {                  # c 
    true = map         # c
  }
}
b = var(x1["$${x}" [list].for][foo])
type {}

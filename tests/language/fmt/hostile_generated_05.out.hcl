x {
  resource "foo" { each = "\n" } # c 
  resource {                     // c
    type   = x1
    string = b
    foo "map" {
      a-b = true
    } /* c */
    null = b
  }
  list = {


    a-b : a-b
    a-b = 0
    _u  = "$${x}", if = -1

  } // c
  a = {
    null : foo


    1e5      = 名前
    "string" = "string", _u = long_identifier_name
  }
}
string = null.in


type "var" { type = { for in, long_identifier_name in var : 2E+3 => 00 if "\n" } } // c

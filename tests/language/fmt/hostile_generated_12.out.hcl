variable "true" "a\n" {
  resource { type = "\n" }
  x1 = "é"
  _u = default
  resource "日本" { each = map } // c
}

role {
  resource { 名前 = var }
  if = long_identifier_name
  type "" "A" { // c
    type "if" {
      variable { type = -1 }
    }
  }
  default = true # c 
}                # c日本
variable "名前" "a" { /* c */
  type { type = null }
  var = string # c日本
  type "" "long_identifier_name" { /**/ default /*é*/ = "é" [*].x1 }
} # c
b = (null)


long_identifier_name = (
"x")
for = "é" ["$${x}"]

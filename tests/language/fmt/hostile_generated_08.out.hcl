for = <<EOT
EOT

variable "A" /**/ { # c日本
  // c
  map { default = -var.1.long_identifier_name ? "a  b" [*]["日本語"].0 : [long_identifier_name] /**/ }



  default = é::if::true((x1), <<-EOT

EOT  
  , "日本語", ) // c
}
role "long_identifier_name" { default = true }
type "a" {
  a-b = "string"
  名前  = long_identifier_name // c
}
map = "日本語"

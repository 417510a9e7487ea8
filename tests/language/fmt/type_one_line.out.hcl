variable "a" { type = list(any) }
variable "b" { type = string }

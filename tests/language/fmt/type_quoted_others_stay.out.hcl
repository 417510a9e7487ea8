variable "a" {
  type = "number"
}
variable "b" {
  type = "set"
}

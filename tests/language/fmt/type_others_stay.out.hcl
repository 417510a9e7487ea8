variable "a" {
  type = object
}
variable "b" {
  type = any
}
variable "c" {
  type = (list)
}

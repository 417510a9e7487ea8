a {
  type = list
}
type = "list"
variable "b" {
  c {
    type = map
  }
}
d {
  variable "e" {
    type = set
  }
}

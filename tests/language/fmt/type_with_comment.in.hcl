variable "a" {
type = list # of what?
default = [] # none
}

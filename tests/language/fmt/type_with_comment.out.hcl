variable "a" {
  type    = list(any) # of what?
  default = []        # none
}

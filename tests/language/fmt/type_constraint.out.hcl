variable "a" {
  type = object({ b = string, c = optional(list(number), []) })
}

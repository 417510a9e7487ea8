variable "server" {
  description = "Where the product runs"
  type        = postgres
}

variable "product" {
  description = "The product, and its schema in the database \"app\""
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9_]*$", var.product))
    error_message = "A product is lower case letters, digits and underscores."
  }
}

variable "writable" {
  type    = bool
  default = true
}

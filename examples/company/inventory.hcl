# The servers of the company: one block each.

variable "host" {
  type        = string
  description = "Where the company's PostgreSQL listens"
}

variable "port" {
  type    = number
  default = 5432
}

resource "postgres" "company" {
  host = var.host
  port = var.port
  admin {
    username = "postgres"
    password = env("COMPANY_ADMIN_PASSWORD") # never written down, never stored
  }
}

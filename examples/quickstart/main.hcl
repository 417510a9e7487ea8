# A first configuration for a PostgreSQL server that you have. It makes one role that may
# read the tables of one schema, and nothing else. See README.md beside this file.

variable "host" {
  type        = string
  default     = "localhost"
  description = "Where the server listens: a name, an address, or the directory of its unix socket"
}

variable "port" {
  type    = number
  default = 5432
}

variable "admin" {
  type        = string
  default     = "postgres"
  description = "A role that may create roles"
}

variable "database" {
  type        = string
  default     = "postgres"
  description = "The database with the tables"
}

variable "schema" {
  type    = string
  default = "public"
}

resource "postgres" "main" {
  host     = var.host
  port     = var.port
  database = var.database
  admin {
    username = var.admin # its password: `roleform admin set main`, or ~/.pgpass
  }
}

role "quickstart_reader" {
  resource   = postgres.main
  scopes     = ["${var.database}.${var.schema}"]
  privileges = ["SELECT"]
}

# Servers of the analytics platform.
# Owner: platform team

roleform {
required_version=">= 0.1"
credentials { recipients = ["age1qyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqs3290gq", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI ana@laptop"] }   # who can read generated passwords
}

resource postgres analytics {             # the inventory: one block per server
host     = "10.0.3.4"                       # or an absolute path
port = 5432
    database   = "postgres"      # where role DDL runs
sslmode  = "verify-full"
admin {
username = "postgres"
  password=env( "ANALYTICS_ADMIN_PASSWORD" )   // or file("…")
}
}
resource "postgres" "marketplace" {
host="${var.marketplace_host}"
port="${ var.ports["marketplace"] }"
database="postgres"
sslmode=var.env=="prod"?"verify-full":"prefer"
  admin {
  username="postgres"
  password=command(["op","read","op://infra/marketplace/${var.env}/password"])
  }
}


resource "postgres" "local" {
host = "/var/run/postgresql"
database = "postgres"
admin { username = "postgres" }
}

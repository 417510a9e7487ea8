# Who may do what on one PostgreSQL server. `roleform plan -out plan.bin` shows what would change.

resource "postgres" "main" {
  host     = "127.0.0.1"
  port     = 5432
  database = "postgres" # where role DDL runs and the lock is taken

  admin {
    username = "postgres"
    password = env("ADMIN_PASSWORD")
  }
}

# Reads every table of the schema "billing" in the database "app".
role "analyst" {
  resource   = postgres.main
  scopes     = ["app.billing"]
  privileges = ["SELECT"]
}

# Writes orders, and gets what the analyst has by being a member.
role "checkout" {
  resource = postgres.main

  grant {
    database   = "app"
    schemas    = ["billing"]
    tables     = ["orders"]
    privileges = ["SELECT", "INSERT", "UPDATE"]
  }

  member_of = [role.analyst]
  settings  = { statement_timeout = "30s" }
}

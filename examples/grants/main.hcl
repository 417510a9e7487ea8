# A grant on every kind of object, and everything that a role can be. PostgreSQL 15 or later,
# for the sake of "parameters". `app.sql` makes the database that this is about.

resource "postgres" "main" {
  host = "127.0.0.1"
  port = 5432
  admin {
    username = "postgres"
    password = env("ADMIN_PASSWORD")
  }
}

# Tables, and what they need: USAGE on the schema, CONNECT on the database, and USAGE on the
# sequences behind column defaults come along. `tables` are views and foreign tables too.
role "clerk" {
  resource = postgres.main
  grant {
    database   = "app"
    schemas    = ["billing"]
    tables     = ["orders", "invoice*"]
    except     = ["*_secrets"]
    privileges = ["SELECT", "INSERT", "UPDATE"]
    future { creators = ["app_owner"] } # and on tables that app_owner makes later
  }
  grant {
    database   = "app"
    schemas    = ["billing"]
    functions  = ["close_month(date)", "report_*"] # one overload, and every routine of a name
    privileges = ["EXECUTE"]
  }
  member_of        = [{ role = "pg_monitor", admin = true }, role.reader]
  settings         = { statement_timeout = "30s", search_path = "billing, public" }
  connection_limit = 20
  valid_until      = "2030-01-01T00:00:00Z"
  comment          = "writes orders and invoices"
}

# Some columns only.
role "reader" {
  resource = postgres.main
  grant {
    database   = "app"
    schemas    = ["billing"]
    tables     = ["invoices"]
    columns    = ["id", "amount"]
    privileges = ["SELECT"]
  }
}

# What a program needs that makes objects of its own, and may hand on what it has.
role "importer" {
  resource = postgres.main
  grant {
    database     = "app"
    privileges   = ["CONNECT", "TEMPORARY"] # no selector: the database itself
    grant_option = true
  }
  grant {
    database   = "app"
    schemas    = ["billing"]
    privileges = ["USAGE", "CREATE"] # the schema itself
  }
  grant {
    database   = "app"
    schemas    = ["billing"]
    sequences  = ["*_id_seq"]
    privileges = ["USAGE", "SELECT"]
  }
  grant {
    database   = "app"
    schemas    = ["billing"]
    types      = ["currency"]
    privileges = ["USAGE"]
  }
  grant {
    database   = "app"
    languages  = ["plpgsql"]
    privileges = ["USAGE"]
  }
  grant {
    database              = "app"
    foreign_data_wrappers = ["archives"]
    privileges            = ["USAGE"]
  }
  grant {
    database        = "app"
    foreign_servers = ["archive"]
    privileges      = ["USAGE"]
  }
  grant {
    database      = "app"
    large_objects = [4711]
    privileges    = ["SELECT", "UPDATE"]
  }
  grant {
    tablespaces = ["pg_default"] # tablespaces and parameters belong to the whole server
    privileges  = ["CREATE"]
  }
  grant {
    parameters = ["log_min_duration_statement"]
    privileges = ["SET"]
  }
}

# A role whose grants are not roleform's business: only what it is a member of.
role "dashboard" {
  resource    = postgres.main
  type        = "external"
  source_role = "pg_read_all_stats"
}

# A role for every team, from data.
role "team" {
  for_each   = { eu = "billing.orders", us = "billing.revenue" }
  resource   = postgres.main
  name       = "team_${each.key}"
  scopes     = ["app.${each.value}"]
  privileges = ["SELECT"]
  password   = "none"
}

# Whose the schema is.
schema "billing" {
  resource = postgres.main
  database = "app"
  owner    = "app_owner"
}

# What everybody may do there: call no function unless granted it above.
public "app" {
  resource = postgres.main
  grant {
    database   = "app"
    schemas    = ["billing"]
    functions  = ["*"]
    privileges = []
  }
}

# Who may do what.

role "analyst" { # reads sales, and everything in the warehouse
  resource   = postgres.company
  scopes     = ["shop.sales", "warehouse"]
  privileges = ["SELECT"]
}

role "checkout" { # the web shop's own account
  resource = postgres.company
  grant {
    database   = "shop"
    schemas    = ["sales"]
    tables     = ["orders", "order_*"]
    privileges = ["SELECT", "INSERT", "UPDATE"]
  }
  settings = { statement_timeout = "30s" }
}

role "accountant" {
  resource = postgres.company
  grant {
    database   = "shop"
    schemas    = ["billing"]
    tables     = ["*"]
    except     = ["card_*"] # not even to read
    privileges = ["SELECT", "INSERT"]
  }
  member_of = [role.analyst]
}

role "monitoring" { # watches the server; its rights come with pg_monitor
  resource    = postgres.company
  type        = "external"
  source_role = "pg_monitor"
}

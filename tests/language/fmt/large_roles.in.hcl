locals { readers = toset(["billing", "support"]) }

role "analytics_ro" {                         # type = "managed" is the default
resource=postgres.analytics
scopes     = ["analytics.public",   "legacy", "app"]   # "database" = every schema of it
privileges = [ "SELECT" ]
}

role billing_rw {
    resource = postgres.analytics
    name     = "billing_rw_${ var.env }"          # the name in PostgreSQL; default: the label
    grant {
        database   = "app"
        schemas    = ["billing"]
        tables     = ["orders", "invoice_*"]      # names and globs
        except     = ["invoice_secret*"]
        privileges = ["SELECT", "INSERT", "UPDATE"]
        future { creators = ["app_owner"] }       # ALTER DEFAULT PRIVILEGES FOR ROLE app_owner …
    }
    grant {
        database   = "app"
        schemas    = ["billing"]
        functions  = ["close_month(date)","report_*"]
        privileges = ["EXECUTE"]
    }
    member_of  = [role.analytics_ro, "pg_monitor"]
    settings   = { statement_timeout = "30s", search_path = "billing, public" }
    valid_until = "2027-01-01T00:00:00Z"
    password { rotate_after = "90d" }           # or password = "none"
    lifecycle {
        prevent_destroy = true                    # remembered
        on_destroy { reassign_owned_to = "app_owner" }
    }
}

role "marketplace_ro" {
	resource    = postgres.marketplace
	type        = "external"
	source_role = "pg_read_all_data"            # GRANT pg_read_all_data TO marketplace_ro
}

role "team" {
  for_each   = "${local.readers}"
  name       = "${each.key}_ro"
  resource   = "${postgres.analytics}"
  scopes     = ["app.${each.key}"]
  privileges = ["SELECT"]
}

module "crm" {
  source   = "./modules/crm"
  resource = postgres.analytics
  schemas = {
    sales = ["accounts", "leads"] # owned by sales
    support = [
      "tickets",
      "ticket_comments", # long
      "tags"
    ]
  }
}

module "tenants" {
  for_each = {
    for name in local.tenants : name => {
      database = "tenant_${name}"
      size     = lookup(local.sizes, name, "small")
    }
    if !contains(local.retired, name)
  }
  source   = "./modules/tenant"
  resource = postgres.analytics
  name     = each.key
  database = each.value.database
  limit = (
    each.value.size == "small"
    ? 10
    : each.value.size == "large"
    ? 100
    : 50
  )
}

# Forget, leave in PostgreSQL.
removed {
  from    = role.old
  destroy = false
}

# Take over a role that exists.
import {
  to = role.legacy_app
}
import { to = role.legacy_batch }

check "readers" {
  assert {
    condition     = alltrue([for name, reader in role.team : length(reader.privileges) == 1 && reader.privileges[0] == "SELECT"])
    error_message = "Every reader only reads: ${join(", ", [for name, reader in role.team : name if length(reader.privileges) != 1])}."
  }
}

public "app" {
  resource   = postgres.analytics
  scopes     = ["app.billing", "app.shared"]
  privileges = []
}

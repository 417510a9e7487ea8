# Products, each with the same three roles: written once in modules/product, called per
# product and region. Modules are directories; a server is handed to them as a value.

variable "products" {
  description = "Schema of each product, and the regions that it runs in"
  type = map(object({
    regions  = set(string)
    writable = optional(bool, true)
  }))
  default = {
    billing = { regions = ["eu", "us"] }
    search  = { regions = ["eu"], writable = false }
  }
}

locals {
  # One instance per product and region: { "billing-eu" = { product = "billing", region = "eu" }, … }
  instances = merge([
    for product, facts in var.products : {
      for region in facts.regions : "${product}-${region}" => {
        product  = product
        region   = region
        writable = facts.writable
      }
    }
  ]...)
}

resource "postgres" "eu" {
  host = "eu.db.example.com"
  admin { password = env("EU_ADMIN_PASSWORD") }
}

resource "postgres" "us" {
  host = "us.db.example.com"
  admin { password = env("US_ADMIN_PASSWORD") }
}

module "product" {
  source   = "./modules/product"
  for_each = local.instances

  server   = { eu = postgres.eu, us = postgres.us }[each.value.region]
  product  = each.value.product
  writable = each.value.writable
}

# People who look into everything: members of every reader of their region.
role "support" {
  for_each = { eu = postgres.eu, us = postgres.us }

  resource = each.value
  name     = "support"
  member_of = [
    for key, instance in module.product : instance.reader if local.instances[key].region == each.key
  ]
  lifecycle {
    prevent_destroy = true
    postcondition {
      condition     = length(self.member_of) > 0
      error_message = "There is nothing to support in ${each.key}."
    }
  }
}

# The role was called role.helpdesk until 2026.
moved {
  from = role.helpdesk
  to   = role.support
}

check "billing_is_everywhere" {
  assert {
    condition     = length(setsubtract(["eu", "us"], var.products["billing"].regions)) == 0
    error_message = "Billing does not run in every region."
  }
}

output "readers" {
  description = "The reader of each product and region"
  value       = { for key, instance in module.product : key => instance.reader.name }
}

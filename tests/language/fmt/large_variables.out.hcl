variable "env" {
  type    = string
  default = "prod"
  validation {
    condition     = contains(["prod", "stage"], var.env)
    error_message = "env is prod or stage."
  }
}

variable "teams" {
  description = "Teams and the schemas they read."
  type = map(object({
    schemas = list(string) # in database app
    write   = optional(bool, false)
    members = optional(list(string), [])
  }))
  default = {
    billing = { schemas = ["billing", "shared"], write = true }
    support = { schemas = ["tickets"] } # read only
  }
  nullable = false
}

variable "limits" {
  type = map(any)
  default = {
    "billing" = 20
    support   = 5,
    (var.env) = 1
  }
}
variable "names" { type = list(any) }
variable "tags" { type = map(string) }
variable "secret" {
  sensitive = true
  type      = string
  default   = null

  validation {
    condition     = var.secret == null || length(var.secret) >= 16
    error_message = <<-EOT
    The secret is too short: it has ${length(var.secret)} characters,
      and needs 16.
    EOT
  }
}

output "reader" { value = role.analytics_ro.name }
output "teams" {
  value = { for name, team in var.teams : name => {
    schemas = join(", ", sort(team.schemas))
    kind    = team.write ? "rw" : "ro"
  } if length(team.schemas) > 0 }
  description = "What was made."
  sensitive   = false
  depends_on  = [role.team, module.crm]
}

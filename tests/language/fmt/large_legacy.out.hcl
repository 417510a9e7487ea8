# As written for an old release: everything quoted and interpolated.
variable "region" {
  type    = string
  default = "eu"
}

variable "zones" {
  type    = list(string)
  default = ["a", "b"]
}

variable "tags" {
  type = map(string)
  default = {
    "team" = "${"data"}"
    owner  = "${var.owner}"
  }
}

role "legacy" {
  count            = length(var.zones) > 0 ? 1 : 0
  name             = "${var.region}-legacy"
  resource         = postgres.analytics
  scopes           = ["${var.scope}", "${element(var.zones, count.index)}"]
  connection_limit = var.zones.0 == "a" ? 5 : 10
  settings         = merge(var.settings, map("work_mem", "1MB"))
  valid_until      = var.until
  comment          = "${join(",", var.zones)} of ${var.region}"
  privileges = (concat(
    list("SELECT"),
    list("INSERT")
  ))
  member_of = role.other.*.name
  lifecycle {
    prevent_destroy = var.region == "eu"
    ignore_changes  = ["settings"]
  }
}

output "names" {
  value = formatlist("%s-%s", role.legacy.*.name, var.zones)
}

# Access to one product: who reads, who writes, and the application itself.

role "reader" {
  resource   = var.server
  name       = "${var.product}_reader"
  login      = false
  scopes     = ["app.${var.product}"]
  privileges = ["SELECT"]
}

role "writer" {
  count = var.writable ? 1 : 0

  resource   = var.server
  name       = "${var.product}_writer"
  login      = false
  scopes     = ["app.${var.product}"]
  privileges = ["SELECT", "INSERT", "UPDATE", "DELETE"]
}

role "app" {
  resource  = var.server
  name      = "${var.product}_app"
  member_of = concat([role.reader], role.writer)
  settings  = { search_path = var.product }
}

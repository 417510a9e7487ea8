a {
  b = <<-EOT
      one
    two
  EOT
  c = 1
}

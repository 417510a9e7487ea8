a = {
  b   = <<EOT
one
EOT
  ccc = 1
}

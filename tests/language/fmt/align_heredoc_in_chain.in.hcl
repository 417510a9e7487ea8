a = <<EOT
text
EOT
bbbb = 1

a = <<EOT
${b}EOT
${b}
EOT

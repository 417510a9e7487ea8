a = <<EOT
\n \q "x" \
EOT

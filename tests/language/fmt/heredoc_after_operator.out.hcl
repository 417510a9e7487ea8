a = b ? c : <<EOT
one
EOT

a = (b +
  <<EOT
one
EOT)

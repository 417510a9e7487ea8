a = <<EOT
EOT no
xEOT
EOTx
EOT

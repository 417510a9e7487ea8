a = "${<<EOT
one
EOT
}" # c

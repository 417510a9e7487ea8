aaaaa = 1 # one
b = <<EOT
text
EOT
ccc = 2 # two

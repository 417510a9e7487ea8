a = <<EOT
b   =   "${c}"
# no comment
{ [ (
"
EOT
b = 1

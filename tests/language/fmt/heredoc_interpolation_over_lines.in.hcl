a {
b = <<EOT
x ${
c
} y ${[
1
]}
EOT
d = 1
}

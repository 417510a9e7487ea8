a {
b = f(<<EOT
one
EOT
, 1)
c = 1
}

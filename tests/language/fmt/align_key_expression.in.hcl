x = {
(var.a) = 1
"${var.b}-c" = 2
d = 3
}

x = {
a = 1
bbbb = 2
"c" = 3
(d) = 4
}

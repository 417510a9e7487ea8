a   = 1
bbb = 2

cccccc = 3
d      = 4

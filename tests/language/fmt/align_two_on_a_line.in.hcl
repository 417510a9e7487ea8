x = {
a = 1, bbbb = 2
ccccc = 3
}

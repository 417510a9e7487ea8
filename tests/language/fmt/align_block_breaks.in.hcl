a = 1
b {
}
ccccc = 2
d = 3

x = {
a = { b = 1 }
bbbb = { c = 2, dd = 3 }
}

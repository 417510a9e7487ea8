a = f("x ${y} z")
b = "x" == y ? [] : z

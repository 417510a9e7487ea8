a = b
c = b.c[0]
d = f("x")

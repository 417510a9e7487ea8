x = (a
.b
.c[0]
)

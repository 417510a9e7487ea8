a = b.*.c
d = b[*].c
e = b[*]
f = b.* [0]

a = b -1
c = b - 1
d = b-1
e = (b) -1
f = b[0] -1

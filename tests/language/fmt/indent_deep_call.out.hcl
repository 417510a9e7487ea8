x = a(b(c(
  1
)))
y = 2

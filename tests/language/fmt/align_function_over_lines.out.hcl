a = f(
  1,
)
bbbb = 1

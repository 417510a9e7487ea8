a = (
  b +
  c
)

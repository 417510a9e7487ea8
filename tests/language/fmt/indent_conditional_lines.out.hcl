x = (
  a
  ? b
  : c
)

x = (a +
  b +
c)

x = (a +
b +
      c)

a = (b + # why
c)

a = b + # why
c

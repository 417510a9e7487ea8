a = b % {}
c = b %c

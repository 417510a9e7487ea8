a /* one */ = /* two */ 1 # three
b = 2

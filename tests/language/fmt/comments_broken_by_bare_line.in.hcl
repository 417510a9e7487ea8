a = 1 # one
bb = 2
ccccccc = 3 # three

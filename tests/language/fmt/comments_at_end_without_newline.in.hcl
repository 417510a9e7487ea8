a = 1 # one
bb = 2 # two
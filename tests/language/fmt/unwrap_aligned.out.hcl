a    = b
cccc = d # x
e    = 1 # y

a = 1
# between
bbb = 2

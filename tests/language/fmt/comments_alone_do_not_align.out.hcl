a = 1 # one
# alone
bbbbbbb = 2 # two

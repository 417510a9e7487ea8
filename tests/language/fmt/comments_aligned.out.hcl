a    = 1     # one
bbbb = 22222 # two
c    = 3     // three

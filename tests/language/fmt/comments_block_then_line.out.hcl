a    = 1 /* one */ # two
bbbb = 2           # three

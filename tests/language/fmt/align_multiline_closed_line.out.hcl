a = [for x in y :
x]
bbbb = 1

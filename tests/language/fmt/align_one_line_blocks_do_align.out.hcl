b { c = 1 }
bbbb { c = 1 }

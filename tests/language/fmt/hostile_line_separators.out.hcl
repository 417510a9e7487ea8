a  = "  " # c
bb = 1     # d

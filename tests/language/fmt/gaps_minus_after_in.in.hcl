a = [for x in -y : x]
b = {for k in m : k => -1 if -1 == k}

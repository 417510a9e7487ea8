aaaa = 1
b = [
1
]
cc = 2
ddd = 3

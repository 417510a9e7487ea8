a = "({["
b = 1
c = "x${[for y in z : "]}"]}"

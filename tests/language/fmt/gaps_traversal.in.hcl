a = b . c . d
e = b [0] . c
f = b . 0 . c

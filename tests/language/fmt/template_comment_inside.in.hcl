a = "x${ b /* c */ }"
d = "x${ # e
f }"

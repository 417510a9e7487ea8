a = "x${ b }y${b+c}"
d = "${ b }x"

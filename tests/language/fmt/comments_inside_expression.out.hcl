a = f(/* one */ 1, 2 /* two */)

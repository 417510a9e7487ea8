a = b.0
c = b.0.d

a = b[]
c = d[]

a = for(1)
b = if [1]
c = in
d = [in]

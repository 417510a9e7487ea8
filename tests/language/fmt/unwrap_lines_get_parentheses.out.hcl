a = (b ?
  c :
d)

a = {
# first
b = 1, # one
ccc = 22 # two
}

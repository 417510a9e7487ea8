a = # why
b

a = ( # why
b)

# one
# two

// three
a = "  x   ${b}   y  "

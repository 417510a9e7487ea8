a = "  x   ${ b }   y  "

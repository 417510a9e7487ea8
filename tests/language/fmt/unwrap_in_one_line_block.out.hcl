a { b = c }

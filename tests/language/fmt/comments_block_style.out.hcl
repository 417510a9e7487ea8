a    = 1 /* one */
bbbb = 2 /* two */

a  = "​‍"
bb = "﻿" # c
c  = "x" # d

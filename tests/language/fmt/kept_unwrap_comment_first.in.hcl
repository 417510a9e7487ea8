a = "${ # why
b }"

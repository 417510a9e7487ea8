a = "${b + # why
c}"

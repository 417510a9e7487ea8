role "columns" {
  a   = 1
  bb  = 22
  ccc = 333

  # group two
  dddd  = 4444
  eeeee = 55555 # five
  ffffff = [
    "x",
  ]
  g    = 7
  hh   = <<EOT
eight
EOT
  iii  = 9 # nine
  jjjj = { k = 10 }
  lllll = {
    m   = 11, nn = 12
    ooo = 13
  }
  pppppp = f(1, 2) # f
  qqqqqqq = f(
    1,
    2
  )                       # g
  rr   = [for x in y : x] # h
  s    = "é"              # é
  tt   = "日本語"            # wide
  uuu  = "é"              # combining
  vvvv = "👩‍🚀"              # emoji
  w { x = 1 }             # w
  wwww { x = 1 }          # wwww
  zz  = 1                 # z
  z   = 2
  zzz = 3 # zzz
}

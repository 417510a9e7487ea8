a {
  b {
    c = d
  }
}

a { b = c # d
}

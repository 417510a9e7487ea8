a-b = "=%{~if map == # é 日本
long_identifier_name}//%{endif}"
true = "%{~if list::var::a-b(long_identifier_name)} %{else}%{endif}" # cé
type "a" {
  # comment
  # comment
  foo "foo" "for" {
    list = ""
  }
} /* c */
x "null" "_u" {
  map = _u(default, -1)
  x {
    in  = type
    b   = 42
    for = /**/ a
  }



  x "é" {
  }
  resource { type = null[0][*][0] }
}
list = null.in[00[each].名前.long_identifier_name][[x1]]

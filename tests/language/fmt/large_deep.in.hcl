module "deep" {
a {
b {
c {
d = [
{
e = {
f = [
g(h(i(
1,
[2,
3], {
j = 4
}
))),
]
}
},
[[
[
5
]
]],
]
}
}
k = {
l = { m = { n = { o = 6
p = 7 }
q = 8 }
r = 9
}
s = 10 }
t = foo(bar(
  [for x in y : {
z = x
}], {
  u = 1
}
)
)
v = (
w == 1 ? (
x ? 1 : 2
) : (
y ? 3 : 4
)
)
}
after = true
}
after = false

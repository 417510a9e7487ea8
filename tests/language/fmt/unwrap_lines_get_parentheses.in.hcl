a = "${
b ?
c :
d
}"

x = (
a
? b
: c
)

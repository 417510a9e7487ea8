a = <<A
${f(<<B
in ${c}
B
)}
A
b = 1

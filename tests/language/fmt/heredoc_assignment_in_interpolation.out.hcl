a = [b, { c = 1 }, <<EOT
${ { d = 2
ee = 3 } }
EOT
]

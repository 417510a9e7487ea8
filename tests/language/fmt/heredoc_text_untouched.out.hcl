a = <<EOT
  one
	two   

    three = 3
EOT

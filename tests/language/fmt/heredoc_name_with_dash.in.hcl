a = <<END-OF_it
one
END-OF_it

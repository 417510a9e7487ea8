a = provider :: x :: f ( 1 )

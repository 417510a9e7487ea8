a=1+2-3*4/5%6
b=a==b||c!=d&&e<f
g=h<=i||j>=k||l>m

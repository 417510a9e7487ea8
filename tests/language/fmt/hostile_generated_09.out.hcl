resource "map" {}
a-b = long_identifier_name /* 
   x */ ::long_identifier_name({ // c
  a-b : ({                                                      // c
    b = map.each.a-b["list" ["x"]
    ]
    for = foo
    a-b /* 
   x */ : foo
    }) /* c */, }, b && ({
    true = null
map : _u, in = null }), in /* 
   x */) # c 

type "default" { # c 
  type "A" "$" { long_identifier_name = null }
  each = !42
  list = /* 
   x */ [1e5 / if, "日本語" == null //x
    ] - 名前({ /**/



    }, [], [] # é 日本
  )
}

locals {
  env="${var.env}"
  prefix   =  "${ local.env }_"
  is_prod=local.env=="prod"

  /* Who reads what.
     One line per team. */
  matrix = {
    billing   = [ "app.billing" , "app.shared" ] # 2
    support=["app.tickets"]#1
    "data science" = flatten([
      for s in local.schemas : [
        for t in s.tables : "${s.name}.${ t }"
        if ! startswith( t , "_" )
      ]
    ]) // many
    ops = concat(["app"],
      local.extra,
    [ "legacy" ])
  }

  pairs = merge([
    for team , schemas in local.matrix : {
      for schema in schemas : "${team}/${schema}" => {
        team   = team
        schema= schema
        writable : contains( local.writers , team )
      }
    }
  ] ...)

  window = - 7 * 24 * 3600
  ratio=(local.window - 1)/ -2
  flags = ! local.is_prod && ( local.window<0 || local.ratio>=1.5e3 )
  first  = local.matrix [ "billing" ] [ 0 ]
  names=values( local.pairs ) [ * ] . team
  legacy = local.list . 0 . name
  nested = [ [ 1 , 2 ] , [ ] , [ { } , { a = 1 } ] ]
  empty={}
}

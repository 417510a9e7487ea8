role "reporting" {
  resource=postgres.analytics
  comment="Reporting for ${upper( var.env )}: %{ for name , team in var.teams ~}${ name } (${ length(team.schemas) })%{ if team.write } rw%{ else } ro%{ endif } %{ endfor ~}"
  settings={
    search_path=join(",",[for s in local.schemas:"\"${s}\""])
    work_mem="${var.memory*2}MB"
    literal="$${not.a.reference} and %%{ nor a directive }"
    "app.user"="${var.env=="prod"?"reporting":"reporting-${var.env}"}"
  }
}

output "motd" {
value=<<EOT
Welcome to ${ var.env }.
%{ for server in resource.postgres ~}
  - ${ server.host }:${server.port   } ${ {a=1}["a"] }
%{ endfor ~}

    Indented text stays.	
"quotes" and # signs, too = fine
EOT
}

output "script" {
value = templatefile( "${path.module}/grant.tpl" , {
  body = <<-SQL
    SELECT *
      FROM ${ quote( var.table ) }
     WHERE a = '$${x}'
    SQL
  lines = [<<ONE
one
ONE
  , <<TWO
two ${<<THREE
three ${ var.env }
THREE
}
TWO
  ]
})
description="after"
}

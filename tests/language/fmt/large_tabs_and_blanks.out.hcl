role "tabs" {
  resource = postgres.analytics # tab before
  scopes   = ["app", "legacy"]

  grant {
    database   = "app"
    schemas    = ["a	b"]
    privileges = ["SELECT"]
  }


}

role "blanks" {


  resource = postgres.analytics


  settings = {

    a = 1


    bb = 2
  }
}



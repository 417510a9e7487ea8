# A file that is mostly comments.
#
#   role "old" {
#     privileges = ["ALL"]
#   }

// Slashes too.
////////////////////////////////////////

/*
 * A box.
 *   indented
 */

role "a" { # trailing on the header
  # deeper than its block
  resource = postgres.analytics # one
  # between
  type = "managed" # two
  name = "a" /* inline */
  privileges = [ # list
    # inside the list
    "SELECT", # read
    "INSERT", // write
    /* end */
  ]
  settings = { # map
    # first
    statement_timeout = "30s"    # short
    search_path       = "public" // path

    # after a blank line
    work_mem = "64MB" # big
  }
  /* before */ member_of = [/* nobody */] /* after */ # end
  grant {                                             # one
  }                                                   # two

} # end of a

role "b" { name = "b" }           # one line
role "bbbbbb" { name = "bbbbbb" } # another
role "c" {}                       # empty
#
# The end, without a newline
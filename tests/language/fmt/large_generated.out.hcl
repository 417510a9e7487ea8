role "x0_ro" {
  resource   = postgres.analytics
  scopes     = ["app.x0"]
  privileges = ["SELECT", "INSERT"]
}

role "orders1_ro" {
  resource   = postgres.analytics
  scopes     = ["app.orders1"] # orders1
  privileges = ["SELECT"]

}

role "orders2_ro" {
  resource   = postgres.analytics
  scopes     = ["app.orders2"] # orders2
  privileges = ["SELECT", "INSERT"]
}

role "orders3_ro" {
  resource   = postgres.analytics
  scopes     = ["app.orders3"] # orders3
  privileges = ["SELECT"]
}

role "orders4_ro" {
  resource   = postgres.analytics
  scopes     = ["app.orders4"] # orders4
  privileges = ["SELECT"]

}

role "invoice_items5_ro" {
  resource   = postgres.analytics
  scopes     = ["app.invoice_items5"] # invoice_items5
  privileges = ["SELECT", "INSERT"]

}

role "x6_ro" {
  resource   = postgres.marketplace
  scopes     = ["app.x6"]
  privileges = ["SELECT"]

}

role "orders7_ro" {
  resource   = postgres.marketplace
  scopes     = ["app.orders7"]
  privileges = ["SELECT"]

}

role "customer_address_history8_ro" {
  resource   = postgres.marketplace
  scopes     = ["app.customer_address_history8"] # customer_address_history8
  privileges = ["SELECT", "INSERT"]
  grant {
    tables     = ["customer_address_history8"]
    privileges = ["SELECT"]
  }
}

role "x9_ro" {
  resource   = postgres.analytics
  scopes     = ["app.x9"]
  privileges = ["SELECT"]

}

role "x10_ro" {
  resource   = postgres.marketplace
  scopes     = ["app.x10"] # x10
  privileges = ["SELECT", "INSERT"]
  grant {
    tables     = ["x10"]
    privileges = ["SELECT"]
  }
}

role "orders11_ro" {
  resource   = postgres.marketplace
  scopes     = ["app.orders11"]
  privileges = ["SELECT", "INSERT"]

}

role "invoice_items12_ro" {
  resource   = postgres.analytics
  scopes     = ["app.invoice_items12"] # invoice_items12
  privileges = ["SELECT", "INSERT"]
}

role "x13_ro" {
  resource   = postgres.marketplace
  scopes     = ["app.x13"] # x13
  privileges = ["SELECT", "INSERT"]
  grant {
    tables     = ["x13"]
    privileges = ["SELECT"]
  }
}

role "orders14_ro" {
  resource   = postgres.analytics
  scopes     = ["app.orders14"]
  privileges = ["SELECT", "INSERT"]
  grant {
    tables     = ["orders14"]
    privileges = ["SELECT"]
  }
}

role "orders15_ro" {
  resource   = postgres.marketplace
  scopes     = ["app.orders15"] # orders15
  privileges = ["SELECT", "INSERT"]
  settings   = { a = 15 }
}

role "x16_ro" {
  resource   = postgres.analytics
  scopes     = ["app.x16"]
  privileges = ["SELECT", "INSERT"]
  settings   = { a = 16 }
}

role "orders17_ro" {
  resource   = postgres.marketplace
  scopes     = ["app.orders17"] # orders17
  privileges = ["SELECT"]

}

role "invoice_items18_ro" {
  resource   = postgres.marketplace
  scopes     = ["app.invoice_items18"]
  privileges = ["SELECT", "INSERT"]
  grant {
    tables     = ["invoice_items18"]
    privileges = ["SELECT"]
  }
}

role "orders19_ro" {
  resource   = postgres.marketplace
  scopes     = ["app.orders19"]
  privileges = ["SELECT", "INSERT"]
  grant {
    tables     = ["orders19"]
    privileges = ["SELECT"]
  }
}

role "invoice_items20_ro" {
  resource   = postgres.marketplace
  scopes     = ["app.invoice_items20"] # invoice_items20
  privileges = ["SELECT", "INSERT"]
  grant {
    tables     = ["invoice_items20"]
    privileges = ["SELECT"]
  }
}

role "customer_address_history21_ro" {
  resource   = postgres.analytics
  scopes     = ["app.customer_address_history21"]
  privileges = ["SELECT"]
}

role "invoice_items22_ro" {
  resource   = postgres.marketplace
  scopes     = ["app.invoice_items22"]
  privileges = ["SELECT"]
}

role "invoice_items23_ro" {
  resource   = postgres.analytics
  scopes     = ["app.invoice_items23"] # invoice_items23
  privileges = ["SELECT", "INSERT"]
}

role "customer_address_history24_ro" {
  resource   = postgres.analytics
  scopes     = ["app.customer_address_history24"] # customer_address_history24
  privileges = ["SELECT", "INSERT"]

}

role "customer_address_history25_ro" {
  resource   = postgres.marketplace
  scopes     = ["app.customer_address_history25"] # customer_address_history25
  privileges = ["SELECT", "INSERT"]
  grant {
    tables     = ["customer_address_history25"]
    privileges = ["SELECT"]
  }
}

role "orders26_ro" {
  resource   = postgres.analytics
  scopes     = ["app.orders26"] # orders26
  privileges = ["SELECT", "INSERT"]
}

role "orders27_ro" {
  resource   = postgres.analytics
  scopes     = ["app.orders27"]
  privileges = ["SELECT", "INSERT"]

}

role "x28_ro" {
  resource   = postgres.analytics
  scopes     = ["app.x28"]
  privileges = ["SELECT"]
}

role "orders29_ro" {
  resource   = postgres.analytics
  scopes     = ["app.orders29"] # orders29
  privileges = ["SELECT"]
}

role "customer_address_history30_ro" {
  resource   = postgres.marketplace
  scopes     = ["app.customer_address_history30"]
  privileges = ["SELECT", "INSERT"]
  settings   = { a = 30 }
}

role "customer_address_history31_ro" {
  resource   = postgres.marketplace
  scopes     = ["app.customer_address_history31"]
  privileges = ["SELECT"]
  grant {
    tables     = ["customer_address_history31"]
    privileges = ["SELECT"]
  }
}

role "customer_address_history32_ro" {
  resource   = postgres.analytics
  scopes     = ["app.customer_address_history32"] # customer_address_history32
  privileges = ["SELECT", "INSERT"]
}

role "orders33_ro" {
  resource   = postgres.analytics
  scopes     = ["app.orders33"] # orders33
  privileges = ["SELECT", "INSERT"]
  grant {
    tables     = ["orders33"]
    privileges = ["SELECT"]
  }
}

role "orders34_ro" {
  resource   = postgres.analytics
  scopes     = ["app.orders34"]
  privileges = ["SELECT", "INSERT"]

}

role "x35_ro" {
  resource   = postgres.analytics
  scopes     = ["app.x35"]
  privileges = ["SELECT", "INSERT"]
  settings   = { a = 35 }
}

role "x36_ro" {
  resource   = postgres.analytics
  scopes     = ["app.x36"]
  privileges = ["SELECT", "INSERT"]

}

role "invoice_items37_ro" {
  resource   = postgres.marketplace
  scopes     = ["app.invoice_items37"] # invoice_items37
  privileges = ["SELECT"]

}

role "x38_ro" {
  resource   = postgres.marketplace
  scopes     = ["app.x38"]
  privileges = ["SELECT"]
  settings   = { a = 38 }
}

role "x39_ro" {
  resource   = postgres.marketplace
  scopes     = ["app.x39"]
  privileges = ["SELECT", "INSERT"]
  grant {
    tables     = ["x39"]
    privileges = ["SELECT"]
  }
}

role "x40_ro" {
  resource   = postgres.analytics
  scopes     = ["app.x40"]
  privileges = ["SELECT"]
}

role "customer_address_history41_ro" {
  resource   = postgres.marketplace
  scopes     = ["app.customer_address_history41"]
  privileges = ["SELECT", "INSERT"]

}

role "orders42_ro" {
  resource   = postgres.analytics
  scopes     = ["app.orders42"] # orders42
  privileges = ["SELECT", "INSERT"]
}

role "customer_address_history43_ro" {
  resource   = postgres.marketplace
  scopes     = ["app.customer_address_history43"]
  privileges = ["SELECT", "INSERT"]

}

role "x44_ro" {
  resource   = postgres.marketplace
  scopes     = ["app.x44"]
  privileges = ["SELECT", "INSERT"]
  grant {
    tables     = ["x44"]
    privileges = ["SELECT"]
  }
}

role "orders45_ro" {
  resource   = postgres.analytics
  scopes     = ["app.orders45"]
  privileges = ["SELECT"]

}

role "invoice_items46_ro" {
  resource   = postgres.marketplace
  scopes     = ["app.invoice_items46"] # invoice_items46
  privileges = ["SELECT"]
  grant {
    tables     = ["invoice_items46"]
    privileges = ["SELECT"]
  }
}

role "invoice_items47_ro" {
  resource   = postgres.analytics
  scopes     = ["app.invoice_items47"]
  privileges = ["SELECT"]
}

role "invoice_items48_ro" {
  resource   = postgres.analytics
  scopes     = ["app.invoice_items48"] # invoice_items48
  privileges = ["SELECT"]

}

role "x49_ro" {
  resource   = postgres.marketplace
  scopes     = ["app.x49"]
  privileges = ["SELECT", "INSERT"]

}

role "x50_ro" {
  resource   = postgres.marketplace
  scopes     = ["app.x50"] # x50
  privileges = ["SELECT"]
}

role "customer_address_history51_ro" {
  resource   = postgres.analytics
  scopes     = ["app.customer_address_history51"] # customer_address_history51
  privileges = ["SELECT"]

}

role "customer_address_history52_ro" {
  resource   = postgres.analytics
  scopes     = ["app.customer_address_history52"]
  privileges = ["SELECT"]

}

role "invoice_items53_ro" {
  resource   = postgres.marketplace
  scopes     = ["app.invoice_items53"] # invoice_items53
  privileges = ["SELECT"]
}

role "customer_address_history54_ro" {
  resource   = postgres.analytics
  scopes     = ["app.customer_address_history54"]
  privileges = ["SELECT"]

}

role "x55_ro" {
  resource   = postgres.analytics
  scopes     = ["app.x55"]
  privileges = ["SELECT"]
  grant {
    tables     = ["x55"]
    privileges = ["SELECT"]
  }
}

role "orders56_ro" {
  resource   = postgres.marketplace
  scopes     = ["app.orders56"] # orders56
  privileges = ["SELECT", "INSERT"]

}

role "customer_address_history57_ro" {
  resource   = postgres.analytics
  scopes     = ["app.customer_address_history57"] # customer_address_history57
  privileges = ["SELECT"]
  settings   = { a = 57 }
}

role "customer_address_history58_ro" {
  resource   = postgres.marketplace
  scopes     = ["app.customer_address_history58"]
  privileges = ["SELECT", "INSERT"]
}

role "customer_address_history59_ro" {
  resource   = postgres.marketplace
  scopes     = ["app.customer_address_history59"] # customer_address_history59
  privileges = ["SELECT"]

}

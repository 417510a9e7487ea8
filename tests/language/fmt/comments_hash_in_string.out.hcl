a  = "# no"  # yes
bb = "// no" // yes

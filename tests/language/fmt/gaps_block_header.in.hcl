role    "a"    {
}
module"b"{
}

role "$${a}" "b" {
}

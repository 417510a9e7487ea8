role "b" {
}

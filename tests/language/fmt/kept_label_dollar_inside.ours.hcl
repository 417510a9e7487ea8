role "a$b" "c%d" {
}

role "a" {
}
resource "postgres" "main" {
}
x "a-b" "_c" {}

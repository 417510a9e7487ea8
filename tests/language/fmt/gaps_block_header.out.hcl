role "a" {
}
module "b" {
}

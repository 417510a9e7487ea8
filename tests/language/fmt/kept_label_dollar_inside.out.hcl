role {
}

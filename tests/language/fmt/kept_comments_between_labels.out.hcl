role "a" "b" /* three */ {
}

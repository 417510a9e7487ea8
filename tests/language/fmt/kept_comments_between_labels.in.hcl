role /* one */ "a" /* two */ "b" /* three */ {
}

a {
  /*
 * kept
      as it is
 */
}

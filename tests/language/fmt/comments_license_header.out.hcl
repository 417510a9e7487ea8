// Copyright
//   indented text
//


a = 1

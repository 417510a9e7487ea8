//! Makes a plan of everything known.

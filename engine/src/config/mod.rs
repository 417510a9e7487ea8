//! Text to declarations: the configuration language.

mod evaluate;
mod functions;
mod parse;
#[cfg(test)]
mod tests;
mod value;

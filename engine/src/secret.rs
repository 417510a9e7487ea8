//! Secrets: text that must never be printed, compared or stored in the clear.
//!
//! Not here: encryption (`credentials`). Invariant: no Debug, Display, Clone or
//! Serialize; the only way to the text is `reveal`, so that every use can be found.

use zeroize::Zeroizing;

/// A secret text, wiped from memory when dropped.
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes a text over.
    pub fn new(text: String) -> Secret {
        Secret(Zeroizing::new(text))
    }

    /// The text itself. Say why at each use.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

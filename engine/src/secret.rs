//! Secrets in memory: a text that cannot be printed, compared or copied by accident.
//!
//! Not here: how secrets are made and kept (`credentials`). Invariant: `Secret` has no
//! Debug, Display, Clone, PartialEq or Serialize, and its memory is wiped when it goes;
//! the only way to the text is `reveal`, so that a search for that word finds every use.

use zeroize::{Zeroize, Zeroizing};

/// A password, a private key, or any other text that must never reach an output.
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes a text over. The caller must not have left copies behind: a `String` that
    /// grew has left its earlier buffers to the allocator.
    pub fn new(text: String) -> Secret {
        Secret(Zeroizing::new(text))
    }

    /// Takes bytes over when they are UTF-8; wipes them when they are not.
    pub fn from_utf8(bytes: Vec<u8>) -> Option<Secret> {
        match String::from_utf8(bytes) {
            Ok(text) => Some(Secret::new(text)),
            Err(error) => {
                error.into_bytes().zeroize();
                None
            }
        }
    }

    /// The text itself, for the one place that needs it. Keep the borrow short.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// A second copy, on purpose; each is wiped on its own.
    pub fn duplicate(&self) -> Secret {
        Secret::new(self.0.as_str().to_owned())
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::{Debug, Display};
    use std::marker::PhantomData;

    use super::Secret;

    /// An inherent constant wins over a trait's: `Probe::<T>::FOUND` is true only when
    /// `T` has the trait that the inherent block asks for.
    trait Absent {
        const FOUND: bool = false;
    }

    macro_rules! has {
        ($type:ty: $bound:path) => {{
            struct Probe<T>(PhantomData<T>);
            impl<T> Absent for Probe<T> {}
            #[allow(dead_code)]
            impl<T: $bound> Probe<T> {
                const FOUND: bool = true;
            }
            <Probe<$type>>::FOUND
        }};
    }

    #[test]
    fn a_secret_cannot_be_printed_compared_or_copied() {
        assert!(has!(String: Debug), "the probe itself works");
        let found = [
            has!(Secret: Debug),
            has!(Secret: Display),
            has!(Secret: Clone),
            has!(Secret: PartialEq),
            has!(Secret: AsRef<str>),
        ];
        assert_eq!(found, [false; 5]);
    }

    #[test]
    fn bytes_that_are_no_text_are_no_secret() {
        assert!(Secret::from_utf8(vec![0xff, b'x']).is_none());
        assert_eq!(
            Secret::from_utf8(b"pw".to_vec()).map(|secret| secret.duplicate().reveal().len()),
            Some(2)
        );
    }
}

//! Makes passwords.
//!
//! Not here: verifiers and encryption. Invariant: every character is drawn with equal
//! chance, whatever the bytes that come in, as long as those are random.

use zeroize::Zeroize as _;

use crate::secret::Secret;

/// Characters of a password: 40 of 62 kinds are 238 bits.
pub const LENGTH: usize = 40;

/// Letters and digits: the same in a URL, a shell, a connection string and a YAML file.
const ALPHABET: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// Makes a password from random bytes, which `random` fills in as often as it is asked.
pub fn generate(random: &mut dyn FnMut(&mut [u8])) -> Secret {
    // Of 256 values, those from 248 on would favour the first eight characters.
    const FAIR: u8 = 248;
    // The full size at once: a string that grows leaves copies behind.
    let mut text = String::with_capacity(LENGTH);
    let mut bytes = [0_u8; 64];
    while text.len() < LENGTH {
        random(&mut bytes);
        let fair = bytes.iter().filter(|byte| **byte < FAIR);
        let characters = fair.map(|byte| char::from(ALPHABET[usize::from(byte % 62)]));
        text.extend(characters.take(LENGTH - text.len()));
    }
    bytes.zeroize();
    Secret::new(text)
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::{LENGTH, generate};

    #[test]
    fn every_character_has_the_same_chance() {
        // A password from one byte value only is that value's character over and over.
        let mut counts = BTreeMap::new();
        for value in 0..248_u8 {
            let password = generate(&mut |bytes| bytes.fill(value));
            assert_eq!(password.reveal().len(), LENGTH);
            let characters: BTreeSet<char> = password.reveal().chars().collect();
            assert_eq!(characters.len(), 1);
            *counts.entry(characters).or_insert(0_u32) += 1;
        }
        assert_eq!(counts.len(), 62);
        assert!(counts.iter().all(|(characters, count)| {
            *count == 4 && characters.iter().all(char::is_ascii_alphanumeric)
        }));
    }

    #[test]
    fn unfair_bytes_are_left_out() {
        let mut turn = 0;
        let password = generate(&mut |bytes| {
            bytes.fill(if turn < 8 { 248 + turn } else { 61 });
            turn += 1;
        });
        assert_eq!((password.reveal(), turn), ("9".repeat(LENGTH).as_str(), 9));
    }
}

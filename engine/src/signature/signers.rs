//! Allowed signers: which key belongs to whom, for what, from when to when.
//!
//! The file format is that of `ssh-keygen(1)`, "ALLOWED SIGNERS", so that one file serves git
//! and roleform. Certificate authorities allow nobody here. Invariant: a key that no line
//! allows now, for the purpose, is refused.

use ssh_key::PublicKey;
use ssh_key::public::KeyData;
use wildmatch::WildMatch;

use crate::signature::seal::{Seal, fingerprint};
use crate::signature::time::Written;
use crate::signature::{Moment, Purpose};

/// A list of allowed signers.
#[derive(Clone, Debug)]
pub struct AllowedSigners(Vec<Line>);

#[derive(Clone, Debug)]
struct Line {
    principals: Vec<String>,
    namespaces: Option<String>,
    after: Option<Written>,
    before: Option<Written>,
    key: KeyData,
}

/// Someone who may sign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signer {
    /// The principals of the line that allows it, as written.
    pub principals: Vec<String>,
    /// `SHA256:…`, as `ssh-keygen -l` prints it.
    pub fingerprint: String,
}

/// Why a line cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct SignersError {
    /// Its number, from 1.
    pub line: usize,
    /// What is wrong.
    pub problem: String,
}

/// Why a key may not sign.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum NotAllowed {
    /// No line has it.
    Unknown,
    /// Its lines are for other namespaces.
    Namespace,
    /// `valid-after` is still to come.
    NotYet,
    /// `valid-before` has passed.
    Expired,
}

impl AllowedSigners {
    /// Reads a file.
    pub fn parse(text: &str) -> Result<AllowedSigners, SignersError> {
        let mut lines = Vec::new();
        for (line, text) in (1..).zip(text.lines()) {
            let text = text.trim();
            if !text.is_empty() && !text.starts_with('#') {
                let read = Line::parse(text).map_err(|problem| SignersError { line, problem })?;
                lines.extend(read);
            }
        }
        Ok(AllowedSigners(lines))
    }

    /// Whether it names nobody.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Who made a seal, if that is allowed for the purpose at the moment.
    pub fn allow(&self, seal: &Seal, purpose: Purpose, moment: &Moment) -> Result<Signer, NotAllowed> {
        self.find(seal.key(), purpose, moment)
    }

    /// The same before anything is signed, for a public key.
    pub(super) fn find(
        &self,
        key: &KeyData,
        purpose: Purpose,
        moment: &Moment,
    ) -> Result<Signer, NotAllowed> {
        let mut why = NotAllowed::Unknown;
        for line in self.0.iter().filter(|line| line.key == *key) {
            match line.verdict(purpose, moment) {
                Ok(()) => {
                    let principals = line.principals.clone();
                    return Ok(Signer { principals, fingerprint: fingerprint(key) });
                }
                // What comes nearest to being allowed is what is said.
                Err(reason) => why = why.max(reason),
            }
        }
        Err(why)
    }
}

impl Signer {
    /// Whether two signers may be one person: they share a key or a principal.
    pub fn may_be(&self, other: &Signer) -> bool {
        self.fingerprint == other.fingerprint
            || self.principals.iter().any(|principal| other.principals.contains(principal))
    }

    /// For people: `ana@example.com (SHA256:…)`.
    pub fn text(&self) -> String {
        format!("{} ({})", crate::name::printable(&self.principals.join(",")), self.fingerprint)
    }
}

impl Line {
    /// Reads a line; `None` for a certificate authority.
    fn parse(text: &str) -> Result<Option<Line>, String> {
        let (principals, rest) = word(text)?;
        let principals: Vec<String> = principals
            .trim_matches('"')
            .split(',')
            .filter(|name| !name.is_empty())
            .map(str::to_owned)
            .collect();
        if principals.is_empty() {
            return Err("it begins with no principal".to_owned());
        }
        let (options, key) = match PublicKey::from_openssh(rest) {
            Ok(key) => ("", key),
            Err(_) => {
                let (options, rest) = word(rest)?;
                let key = PublicKey::from_openssh(rest)
                    .map_err(|_| "it has no public key after the principals and options".to_owned())?;
                (options, key)
            }
        };
        let mut line =
            Line { principals, namespaces: None, after: None, before: None, key: key.key_data().clone() };
        let mut authority = false;
        for option in options_of(options) {
            authority |= line.option(&option)?;
        }
        Ok((!authority).then_some(line))
    }

    /// Takes an option in; true for `cert-authority`.
    fn option(&mut self, text: &str) -> Result<bool, String> {
        let (name, value) = text.split_once('=').unwrap_or((text, ""));
        let value = value.trim_matches('"');
        let time = || Written::parse(value).ok_or_else(|| format!("\"{value}\" is not a time of its format"));
        match name.to_ascii_lowercase().as_str() {
            "cert-authority" => return Ok(true),
            "namespaces" => self.namespaces = Some(value.to_owned()),
            "valid-after" => self.after = Some(time()?),
            "valid-before" => self.before = Some(time()?),
            other => return Err(format!("the option \"{other}\" is not known")),
        }
        Ok(false)
    }

    fn verdict(&self, purpose: Purpose, moment: &Moment) -> Result<(), NotAllowed> {
        if self.namespaces.as_ref().is_some_and(|list| !listed(list, purpose.namespace())) {
            return Err(NotAllowed::Namespace);
        }
        // A time that does not exist in the zone allows nothing.
        let seconds = moment.now.div_euclid(1_000_000);
        let past = |time: Written| time.at(&moment.zone).map(|time| time.as_second());
        if self.after.is_some_and(|time| past(time).is_none_or(|after| seconds < after)) {
            return Err(NotAllowed::NotYet);
        }
        if self.before.is_some_and(|time| past(time).is_none_or(|before| seconds > before)) {
            return Err(NotAllowed::Expired);
        }
        Ok(())
    }
}

/// The first word of a line, which may have quoted parts, and the rest.
fn word(text: &str) -> Result<(&str, &str), String> {
    let mut quoted = false;
    let end = text.char_indices().find(|(_, character)| {
        quoted ^= *character == '"';
        !quoted && character.is_whitespace()
    });
    match end {
        Some((at, _)) => Ok((&text[..at], text[at..].trim_start())),
        None => Err("it has no public key after the principals".to_owned()),
    }
}

/// Options between commas outside of quotes.
fn options_of(text: &str) -> Vec<String> {
    let mut quoted = false;
    let parts = text.split(|character| {
        quoted ^= character == '"';
        character == ',' && !quoted
    });
    parts.filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

/// Whether a pattern list (`ssh_config(5)`, "PATTERNS") has a name: a match with `!` wins.
fn listed(list: &str, name: &str) -> bool {
    let mut found = false;
    for pattern in list.split(',').map(str::trim) {
        match pattern.strip_prefix('!') {
            Some(not) if WildMatch::new(not).matches(name) => return false,
            Some(_) => {}
            None => found |= WildMatch::new(pattern).matches(name),
        }
    }
    found
}

//! Privileges, and which kind of object has which.
//!
//! Source: PostgreSQL, chapter "Privileges" (table "ACL Privilege Abbreviations" and
//! "Summary of Access Privileges"). Not here: who holds them (`acl`).
//! Invariant: a `PrivilegeSet` is a set of `Privilege`, whatever object it belongs to;
//! `ObjectKind::privileges` says what is legal where.

use std::fmt;
use std::str::FromStr;

use crate::object::ObjectKind;

macro_rules! privileges {
    ($( $name:ident $letter:literal $word:literal )*) => {
        /// One privilege.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum Privilege { $( #[doc = $word] $name, )* }

        impl Privilege {
            /// Every privilege, in the order in which PostgreSQL documents them.
            pub const ALL: &'static [Privilege] = &[ $( Privilege::$name, )* ];

            /// The SQL word, e.g. `SELECT`.
            pub fn word(self) -> &'static str {
                match self { $( Privilege::$name => $word, )* }
            }

            /// The letter in an ACL entry's text, e.g. `r` for SELECT.
            pub fn letter(self) -> char {
                match self { $( Privilege::$name => $letter, )* }
            }
        }
    };
}

privileges! {
    Select 'r' "SELECT"
    Insert 'a' "INSERT"
    Update 'w' "UPDATE"
    Delete 'd' "DELETE"
    Truncate 'D' "TRUNCATE"
    References 'x' "REFERENCES"
    Trigger 't' "TRIGGER"
    Maintain 'm' "MAINTAIN"
    Create 'C' "CREATE"
    Connect 'c' "CONNECT"
    Temporary 'T' "TEMPORARY"
    Execute 'X' "EXECUTE"
    Usage 'U' "USAGE"
    Set 's' "SET"
    AlterSystem 'A' "ALTER SYSTEM"
}

impl Privilege {
    /// The privilege behind a letter of an ACL entry.
    pub fn from_letter(letter: char) -> Option<Privilege> {
        Privilege::ALL.iter().copied().find(|privilege| privilege.letter() == letter)
    }

    fn bit(self) -> u16 {
        1 << (self as u8)
    }
}

impl fmt::Display for Privilege {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// The text names no privilege.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no such privilege")]
pub struct UnknownPrivilege;

impl FromStr for Privilege {
    type Err = UnknownPrivilege;

    /// Reads the SQL word in any case; `TEMP` is TEMPORARY, as in PostgreSQL.
    fn from_str(text: &str) -> Result<Privilege, UnknownPrivilege> {
        let word = text.to_ascii_uppercase();
        let word = if word == "TEMP" { "TEMPORARY" } else { word.as_str() };
        Privilege::ALL.iter().copied().find(|privilege| privilege.word() == word).ok_or(UnknownPrivilege)
    }
}

/// A set of privileges.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PrivilegeSet(u16);

impl PrivilegeSet {
    /// No privilege.
    pub const EMPTY: PrivilegeSet = PrivilegeSet(0);

    /// The set of these.
    pub fn of(privileges: &[Privilege]) -> PrivilegeSet {
        PrivilegeSet(privileges.iter().fold(0, |bits, privilege| bits | privilege.bit()))
    }

    /// The set as bits: bit n is the n-th of `Privilege::ALL`. For encodings.
    pub fn bits(self) -> u16 {
        self.0
    }

    /// The set behind bits; `None` when a bit stands for no privilege.
    pub fn from_bits(bits: u16) -> Option<PrivilegeSet> {
        let known = PrivilegeSet::of(Privilege::ALL).0;
        (bits & !known == 0).then_some(PrivilegeSet(bits))
    }

    /// Every privilege that there is.
    pub fn all() -> PrivilegeSet {
        PrivilegeSet::of(Privilege::ALL)
    }

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// How many there are.
    pub fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    /// Whether it has this one.
    pub fn contains(self, privilege: Privilege) -> bool {
        self.0 & privilege.bit() != 0
    }

    /// Those in either.
    #[must_use]
    pub fn union(self, other: PrivilegeSet) -> PrivilegeSet {
        PrivilegeSet(self.0 | other.0)
    }

    /// Those in both.
    #[must_use]
    pub fn intersection(self, other: PrivilegeSet) -> PrivilegeSet {
        PrivilegeSet(self.0 & other.0)
    }

    /// Those here that are not there.
    #[must_use]
    pub fn minus(self, other: PrivilegeSet) -> PrivilegeSet {
        PrivilegeSet(self.0 & !other.0)
    }

    /// Its members, in documented order.
    pub fn iter(self) -> impl Iterator<Item = Privilege> {
        Privilege::ALL.iter().copied().filter(move |privilege| self.contains(*privilege))
    }
}

impl fmt::Display for PrivilegeSet {
    /// `SELECT, INSERT`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, privilege) in self.iter().enumerate() {
            let comma = if position == 0 { "" } else { ", " };
            write!(f, "{comma}{privilege}")?;
        }
        Ok(())
    }
}

impl ObjectKind {
    /// What can be granted on this kind at this server version (`server_version_num / 10000`):
    /// what `ALL PRIVILEGES` means there. MAINTAIN came with 17.
    pub fn privileges(self, major: u32) -> PrivilegeSet {
        use Privilege as P;
        match self {
            ObjectKind::Database => PrivilegeSet::of(&[P::Create, P::Connect, P::Temporary]),
            ObjectKind::Schema => PrivilegeSet::of(&[P::Create, P::Usage]),
            ObjectKind::Table => {
                let always =
                    [P::Select, P::Insert, P::Update, P::Delete, P::Truncate, P::References, P::Trigger];
                let maintain = if major >= 17 { &[P::Maintain][..] } else { &[] };
                PrivilegeSet::of(&always).union(PrivilegeSet::of(maintain))
            }
            ObjectKind::Column => PrivilegeSet::of(&[P::Select, P::Insert, P::Update, P::References]),
            ObjectKind::Sequence => PrivilegeSet::of(&[P::Select, P::Update, P::Usage]),
            ObjectKind::Routine => PrivilegeSet::of(&[P::Execute]),
            ObjectKind::Type
            | ObjectKind::Language
            | ObjectKind::ForeignDataWrapper
            | ObjectKind::ForeignServer => PrivilegeSet::of(&[P::Usage]),
            ObjectKind::LargeObject => PrivilegeSet::of(&[P::Select, P::Update]),
            ObjectKind::Tablespace => PrivilegeSet::of(&[P::Create]),
            ObjectKind::Parameter => PrivilegeSet::of(&[P::Set, P::AlterSystem]),
        }
    }

    /// What PUBLIC holds while the object's ACL is NULL (`acldefault` in PostgreSQL).
    pub fn public_default(self) -> PrivilegeSet {
        use Privilege as P;
        match self {
            ObjectKind::Database => PrivilegeSet::of(&[P::Connect, P::Temporary]),
            ObjectKind::Routine => PrivilegeSet::of(&[P::Execute]),
            ObjectKind::Type | ObjectKind::Language => PrivilegeSet::of(&[P::Usage]),
            ObjectKind::Schema
            | ObjectKind::Table
            | ObjectKind::Column
            | ObjectKind::Sequence
            | ObjectKind::ForeignDataWrapper
            | ObjectKind::ForeignServer
            | ObjectKind::LargeObject
            | ObjectKind::Tablespace
            | ObjectKind::Parameter => PrivilegeSet::EMPTY,
        }
    }
}

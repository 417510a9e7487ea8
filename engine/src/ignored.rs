//! Parts of a role that `lifecycle { ignore_changes = […] }` leaves as they are found.
//!
//! Not here: leaving them so (`resolve::roles`). Invariant: every part has a word, and a
//! word that is not here is refused: nothing is ignored by accident.

/// What `ignore_changes` can name: a part of a role that is left as it is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ignored {
    /// `login`.
    Login,
    /// `inherit`.
    Inherit,
    /// `superuser`.
    Superuser,
    /// `createdb`.
    CreateDb,
    /// `createrole`.
    CreateRole,
    /// `replication`.
    Replication,
    /// `bypassrls`.
    BypassRls,
    /// `connection_limit`.
    ConnectionLimit,
    /// `valid_until`.
    ValidUntil,
    /// `comment`.
    Comment,
    /// `settings` and `database_settings`.
    Settings,
    /// `password`.
    Password,
    /// `member_of` and `source_role`.
    MemberOf,
    /// `grant` and `scopes`: every ACL entry of the role.
    Grants,
}

impl Ignored {
    /// Arguments by name. Several may be one part.
    pub const WORDS: &'static [(&'static str, Ignored)] = &[
        ("settings", Ignored::Settings),
        ("database_settings", Ignored::Settings),
        ("valid_until", Ignored::ValidUntil),
        ("password", Ignored::Password),
        ("comment", Ignored::Comment),
        ("login", Ignored::Login),
        ("inherit", Ignored::Inherit),
        ("superuser", Ignored::Superuser),
        ("createdb", Ignored::CreateDb),
        ("createrole", Ignored::CreateRole),
        ("replication", Ignored::Replication),
        ("bypassrls", Ignored::BypassRls),
        ("connection_limit", Ignored::ConnectionLimit),
        ("member_of", Ignored::MemberOf),
        ("source_role", Ignored::MemberOf),
        ("grant", Ignored::Grants),
        ("scopes", Ignored::Grants),
    ];
}

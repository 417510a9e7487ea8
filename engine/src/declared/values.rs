//! Defaults and words of declared values.
//!
//! Not here: what they mean. Invariant: each mode of TLS has one word.

use super::{Attributes, SslMode};

impl Default for Attributes {
    /// Design 4: LOGIN, INHERIT and nothing else.
    fn default() -> Attributes {
        Attributes {
            login: true,
            inherit: true,
            superuser: false,
            createdb: false,
            createrole: false,
            replication: false,
            bypassrls: false,
            connection_limit: -1,
        }
    }
}

impl SslMode {
    /// Every mode, from none to all.
    pub const ALL: &'static [SslMode] =
        &[SslMode::Disable, SslMode::Prefer, SslMode::Require, SslMode::VerifyCa, SslMode::VerifyFull];

    /// As it is written in a configuration.
    pub fn word(self) -> &'static str {
        match self {
            SslMode::Disable => "disable",
            SslMode::Prefer => "prefer",
            SslMode::Require => "require",
            SslMode::VerifyCa => "verify-ca",
            SslMode::VerifyFull => "verify-full",
        }
    }
}

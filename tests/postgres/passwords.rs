//! Passwords beyond ASCII: as PostgreSQL prepares them, so that whoever logs in with psql logs in
//! with roleform.
//!
//! The server makes the verifiers itself here, with its own SASLprep. Not here: passwords that
//! roleform makes, which are letters and digits. Invariant: what is prepared is the same text on
//! both sides, and what cannot be prepared is taken as it is on both.

use engine::code::Code;
use engine::provider::Provider;
use provider_postgres::Postgres;
use test_support::cluster::Cluster;

use crate::wire::{resource, run, secret};

/// As the server was given them, and as they are typed.
const PASSWORDS: [(&str, &str); 25] = [
    (" spaces at both ends ", " spaces at both ends "),
    ("a\tcontrol\u{7f}\u{1}", "a\tcontrol\u{7f}\u{1}"),
    ("caf\u{e9}", "cafe\u{301}"),
    ("cafe\u{301}", "caf\u{e9}"),
    ("no\u{a0}break", "no break"),
    ("ideographic space", "ideographic\u{3000}space"),
    ("zero\u{200b}width", "zero\u{200b}width"),
    ("soft\u{ad}hyphen", "softhyphen"),
    ("joined", "joi\u{200d}ned\u{fe0f}"),
    ("\u{fb01}sh \u{2168}", "fish IX"),
    ("\u{212b}ngstr\u{f6}m", "\u{c5}ngstro\u{308}m"),
    ("\u{5e9}\u{5dc}\u{5d5}\u{5dd}", "\u{5e9}\u{5dc}\u{5d5}\u{5dd}"),
    ("\u{fb2a}", "\u{5e9}\u{5c1}"),
    ("\u{627}1", "\u{627}1"),
    ("\u{627}1\u{628}", "\u{627}1\u{628}"),
    ("latin \u{5d0} e\u{301}", "latin \u{5d0} e\u{301}"),
    ("\u{1f600} e\u{301}", "\u{1f600} e\u{301}"),
    ("\u{e000} e\u{301}", "\u{e000} e\u{301}"),
    ("\u{fffd} e\u{301}", "\u{fffd} e\u{301}"),
    ("\u{2028} e\u{301}", "\u{2028} e\u{301}"),
    ("\u{e0061} e\u{301}", "\u{e0061} e\u{301}"),
    ("e\u{301}\u{7}", "e\u{301}\u{7}"),
    ("kelvin \u{212a}", "kelvin K"),
    ("\u{ff21}\u{ff22}", "AB"),
    ("\u{1100}\u{1161}\u{11a8}", "\u{ac01}"),
];

/// Where the driver follows RFC 4013 and PostgreSQL does not: it looks for what is prohibited before
/// it normalises, and takes a password of which nothing would be left as it is.
const DIFFERENT: [&str; 2] = ["tone mark \u{340}", "\u{ad}"];

#[test]
fn what_is_typed_is_what_the_server_was_given() {
    let cluster = Cluster::newest();
    let tenant = cluster.tenant();
    tenant.sql("postgres", "CREATE ROLE {p}admin LOGIN");
    let admin = tenant.fill("{p}admin");
    let refused = |given: &str, typed: &str| {
        cluster.sql("postgres", &format!("ALTER ROLE {admin} PASSWORD '{given}'"));
        let resource = resource(cluster.address.port, "postgres", &admin);
        let session = run(Postgres::default().connect(&resource, Some(&secret(typed))));
        session.err().map(|error| error.diagnostic.code)
    };
    for (given, typed) in PASSWORDS {
        let (shown, typed_as) = (given.escape_unicode(), typed.escape_unicode());
        assert_eq!(refused(given, typed), None, "{shown} as {typed_as}");
    }
    for password in DIFFERENT {
        assert_eq!(refused(password, password), Some(Code::PGS004), "{}", password.escape_unicode());
    }
}

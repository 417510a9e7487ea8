//! `resource "postgres"` blocks: the inventory.

use hcl::edit::structure::Block;

use super::proven;
use super::reading::{Read, Reading, Schema, check};
use super::secret;
use crate::code::Code;
use crate::declared::{DeclaredResource, SecretSource, SslMode};
use crate::diagnostic::{Span, nearest};
use crate::name::{DatabaseName, ResourceName};

const RESOURCE: Schema = Schema {
    arguments: &[
        "for_each",
        "count",
        "host",
        "port",
        "database",
        "sslmode",
        "sslrootcert",
        "connect_timeout",
    ],
    blocks: &["admin"],
    once: &["admin"],
};

const ADMIN: Schema = Schema { arguments: &["username", "password"], blocks: &[], once: &[] };

/// One server; its name has the key of the instance.
pub(crate) fn server(
    reading: &mut Reading<'_>,
    block: &Block,
    name: &str,
    span: Span,
) -> Option<DeclaredResource> {
    check(block, &RESOURCE, reading.place, reading.diagnostics);
    let text = Read { value: name.to_owned(), span: span.clone() };
    let name = proven(reading, "resource", &text, ResourceName::new);
    if !block.body.has_attribute("host") {
        reading.missing(block, "host");
    }
    let host = reading.text(block, "host").and_then(|host| host_name(reading, host));
    let port = reading.integer(block, "port", 1..=65_535);
    let database = match reading.text(block, "database") {
        Some(text) => proven(reading, "database", &text, DatabaseName::new),
        None => DatabaseName::new("postgres").ok(),
    };
    let sslmode = ssl_mode(reading, block);
    let sslrootcert = reading.text(block, "sslrootcert").map(|read| read.value);
    let timeout = reading.integer(block, "connect_timeout", 1..=3_600);
    let (mut username, mut password, mut admin_span) = (None, SecretSource::Unset, None);
    for admin in block.body.get_blocks("admin") {
        check(admin, &ADMIN, reading.place, reading.diagnostics);
        username = reading.text(admin, "username").map(|read| read.value);
        password = secret::source(reading, admin, "password");
        admin_span = Some(reading.block_span(admin));
    }
    let host = host?;
    Some(DeclaredResource {
        name: name?,
        sslmode: sslmode.unwrap_or_else(|| default_ssl_mode(&host)),
        host,
        port: port.and_then(|port| u16::try_from(port).ok()).unwrap_or(5432),
        database: database?,
        sslrootcert,
        admin_username: username,
        admin_password: password,
        connect_timeout_seconds: timeout.and_then(|seconds| u32::try_from(seconds).ok()).unwrap_or(10),
        span: Some(span),
        admin_span,
    })
}

fn host_name(reading: &mut Reading<'_>, host: Read<String>) -> Option<String> {
    let text = host.value.trim();
    let problem = if text.is_empty() {
        "it is empty"
    } else if text.contains("://") || text.contains('@') {
        "it must be a name or address alone, without scheme, user or password"
    } else if text.contains(char::is_whitespace) && !text.starts_with('/') {
        "it contains a space"
    } else {
        return Some(text.to_owned());
    };
    let detail = format!(
        "The value of \"host\" is no host: {problem}. It is a name, an address, or the absolute path of a socket directory."
    );
    reading.error(Code::CFG057, "Invalid value", detail, &host.span);
    None
}

fn ssl_mode(reading: &mut Reading<'_>, block: &Block) -> Option<SslMode> {
    let text = reading.text(block, "sslmode")?;
    let found = SslMode::ALL.iter().find(|mode| mode.word() == text.value);
    if found.is_none() {
        let words: Vec<&str> = SslMode::ALL.iter().map(|mode| mode.word()).collect();
        let near = nearest(&text.value, words.iter().copied());
        let meant = near.map(|near| format!(" Did you mean \"{near}\"?")).unwrap_or_default();
        let detail = format!("The value of \"sslmode\" must be one of {}.{meant}", words.join(", "));
        reading.error(Code::CFG057, "Invalid value", detail, &text.span);
    }
    found.copied()
}

/// Design 3: verified TLS, unless the wire does not leave the machine.
fn default_ssl_mode(host: &str) -> SslMode {
    let loopback = host == "localhost" || host == "::1" || host.starts_with("127.");
    if host.starts_with('/') {
        SslMode::Disable
    } else if loopback {
        SslMode::Prefer
    } else {
        SslMode::VerifyFull
    }
}

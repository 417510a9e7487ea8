//! How a plan reaches its servers: what the configuration said when it was made.
//!
//! A plan carries it so that apply needs no variables, and so that nobody can send a reviewed
//! plan to another server by editing the configuration. Not here: connecting (the provider).
//! Invariant: a target holds no password, only where it comes from.

use crate::code::Code;
use crate::declared::{DeclaredResource, SecretSource};
use crate::diagnostic::Diagnostic;

/// A resource as it stands in a plan.
pub fn planned(resource: &DeclaredResource) -> DeclaredResource {
    let admin_password = match &resource.admin_password {
        SecretSource::Literal(_) | SecretSource::InConfiguration => SecretSource::InConfiguration,
        SecretSource::Unset => SecretSource::Unset,
        SecretSource::Environment(name) => SecretSource::Environment(name.clone()),
        SecretSource::File(path) => SecretSource::File(path.clone()),
        SecretSource::Command(words) => SecretSource::Command(words.clone()),
    };
    DeclaredResource { admin_password, span: None, admin_span: None, ..resource.clone() }
}

/// Refuses a plan whose server the configuration now looks for elsewhere, or otherwise.
/// Where the password comes from may differ: a machine that applies has its own ways.
pub fn same(planned: &DeclaredResource, now: &DeclaredResource) -> Result<(), Diagnostic> {
    let differences: Vec<String> = facts(planned)
        .into_iter()
        .zip(facts(now))
        .filter(|(then, now)| then.1 != now.1)
        .map(|((what, then), (_, now))| format!("  - {what}: was {then}, is {now}"))
        .collect();
    if differences.is_empty() {
        return Ok(());
    }
    let detail = format!(
        "The plan reaches postgres.{} otherwise than the configuration does now:\n{}\nNothing was done.",
        planned.name,
        differences.join("\n")
    );
    let refusal = Diagnostic::error(Code::SAV013, "Server has moved since the plan was made", detail)
        .hint("make a new plan, so that the server it is for is reviewed too");
    Err(Diagnostic { span: now.span.clone(), ..refusal })
}

fn facts(resource: &DeclaredResource) -> [(&'static str, String); 6] {
    let or_none = |text: &Option<String>| text.clone().unwrap_or_else(|| "not set".to_owned());
    [
        ("host", resource.host.clone()),
        ("port", resource.port.to_string()),
        ("database", resource.database.to_string()),
        ("sslmode", resource.sslmode.word().to_owned()),
        ("sslrootcert", or_none(&resource.sslrootcert)),
        ("administrator", or_none(&resource.admin_username)),
    ]
}

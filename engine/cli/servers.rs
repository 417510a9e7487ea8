//! Servers of the configuration for commands that only look: choosing and connecting.
//!
//! Not here: planning and applying. Invariant: one server that does not answer does not
//! keep the others from being asked, and every failure is reported.

use std::collections::BTreeSet;

use engine::audit::event::SessionKind;
use engine::declared::{Declared, DeclaredResource};
use engine::diagnostic::{Diagnostic, Diagnostics, nearest};
use engine::name::ResourceName;
use engine::observed::{Admin, Identity, Scope};
use engine::provider::{Provider, ProviderError, Server};
use engine::secret::Secret;
use futures::future::join_all;
use provider_postgres::Postgres;

use crate::args::kept::InventoryCheck;
use crate::audit::Session;
use crate::error::{CommandError, unknown};
use crate::progress::Stage;
use crate::state_directory::Purpose;
use crate::terminal::Terminal;
use crate::{address, configuration, secrets, surroundings};

/// What a server said about itself.
pub(crate) struct Answer {
    /// Its label.
    pub(crate) name: ResourceName,
    /// Which it is.
    pub(crate) identity: Identity,
    /// What the administrator may do there, and how many databases there are.
    pub(crate) admin: Admin,
    /// Its databases that take connections, templates not counted.
    pub(crate) databases: usize,
}

/// Asks the servers that the arguments name, or all, side by side.
pub(crate) fn ask(
    command: &str,
    args: &InventoryCheck,
    terminal: &Terminal,
) -> Result<(Vec<Answer>, Diagnostics), CommandError> {
    let configuration = configuration::load(&args.variables)?;
    let declared = &configuration.declared;
    let wanted = chosen(declared, &args.resources)?;
    let purpose = Purpose { command, timeout: args.lock.lock_timeout, terminal };
    let mut store = purpose.open()?;
    let names = wanted.iter().map(ToString::to_string).collect();
    let session = Session::open(&mut store, SessionKind::Admin, names, None)?;
    let chosen: Vec<_> =
        declared.resources.values().filter(|resource| wanted.contains(&resource.name)).collect();
    let asked = secrets::passwords(chosen.iter().copied(), store.contents(), &session).and_then(
        |(passwords, mut found)| {
            let stage = Stage::begin(terminal, &format!("Asking {}", counted(wanted.len())));
            let work = chosen.iter().map(|resource| one(resource, passwords.get(&resource.name), &stage));
            let answers = surroundings::runtime()?.block_on(join_all(work));
            let mut good = Vec::new();
            for answer in answers {
                match answer {
                    Ok(answer) => good.push(answer),
                    Err(diagnostic) => found.push(diagnostic),
                }
            }
            Ok((good, found))
        },
    );
    let (answers, found) = match asked {
        Ok((answers, found)) if found.has_errors() => (answers, session.failed(&mut store, found)),
        Ok((answers, found)) => {
            session.done(&mut store, None, format!("{} answered.", counted(answers.len())))?;
            (answers, found)
        }
        Err(why) => return Err(CommandError { diagnostics: session.failed(&mut store, why) }),
    };
    let mut diagnostics = configuration.warnings;
    diagnostics.extend(found);
    Ok((answers, diagnostics))
}

fn counted(servers: usize) -> String {
    if servers == 1 { "1 server".to_owned() } else { format!("{servers} servers") }
}

/// The resources that texts name; all when there are none.
fn chosen(declared: &Declared, texts: &[String]) -> Result<BTreeSet<ResourceName>, Diagnostic> {
    if texts.is_empty() {
        return Ok(declared.resources.keys().cloned().collect());
    }
    texts.iter().map(|text| find(declared, text).map(|resource| resource.name.clone())).collect()
}

/// The resource that a text names, as `postgres.analytics` or `analytics`.
pub(crate) fn find<'a>(declared: &'a Declared, text: &str) -> Result<&'a DeclaredResource, Diagnostic> {
    let label = address::parse_resource(text);
    declared.resources.get(label).ok_or_else(|| {
        let error = unknown(format!("The configuration has no resource \"postgres\" \"{label}\"."));
        let known = || declared.resources.keys().map(ResourceName::as_str);
        let instance = declared.resources.keys().find(|name| name.is_of(label)).map(ResourceName::as_str);
        match instance.or_else(|| nearest(label, known())) {
            Some(near) => error.hint(format!("did you mean {near}?")),
            None => error.hint("`roleform inventory list` tells what it has"),
        }
    })
}

async fn one(
    resource: &DeclaredResource,
    password: Option<&Secret>,
    stage: &Stage,
) -> Result<Answer, Diagnostic> {
    let place = |error: ProviderError| resource.locate(*error.diagnostic);
    let server = Postgres::default().connect(resource, password).await.map_err(place)?;
    let observed = server.observe(&Scope::default(), stage).await.map_err(place)?;
    let open = observed.databases.values().filter(|fact| fact.accepts_connections && !fact.template).count();
    Ok(Answer {
        name: resource.name.clone(),
        identity: observed.identity,
        admin: observed.admin,
        databases: open,
    })
}

//! `roleform state …`: looks at what is recorded, and corrects it.
//!
//! Not here: the store (`engine::state`). Invariant: nothing here touches a server.

use std::collections::{BTreeMap, BTreeSet};

use engine::acl::{Acl, Grantee};
use engine::audit::event::SessionKind;
use engine::catalog::{Catalog, Grants};
use engine::choice::{Block, Target};
use engine::credentials::Account;
use engine::credentials::ledger::Ledger;
use engine::diagnostic::Diagnostic;
use engine::name::{BlockAddress, ResourceName, RoleName, SchemaPath, printable};
use engine::state::contents::StateWrite;
use engine::state::store::Store;
use engine::state::{RecordedResource, recorded};

use crate::args::kept::{State, StateList, StateRm, StateShow, Waiting};
use crate::audit::Session;
use crate::error::{CommandResult, Exit, unknown};
use crate::state_directory::{self, Purpose};
use crate::state_text;
use crate::terminal::Terminal;

/// Runs one of the commands.
pub(crate) fn run(args: &State, terminal: &Terminal) -> CommandResult {
    match args {
        State::List(args) => list(args, terminal),
        State::Show(args) => show(args, terminal),
        State::Rm(args) => rm(args, terminal),
        State::Export => export(terminal),
        State::Recover(args) => recover(args, terminal),
    }
}

fn list(args: &StateList, terminal: &Terminal) -> CommandResult {
    let recorded = state_directory::recorded(&state_directory::peek()?)?;
    let wanted = |address: &str| {
        args.addresses.is_empty() || args.addresses.iter().any(|start| address.starts_with(start.as_str()))
    };
    let mut out = String::new();
    for resource in recorded.resources.values() {
        state_text::addresses(resource, &mut |address| {
            if wanted(address) {
                out.push_str(address);
                out.push('\n');
            }
        });
    }
    terminal.data(&out);
    Ok(Exit::Done)
}

fn show(args: &StateShow, terminal: &Terminal) -> CommandResult {
    let recorded = state_directory::recorded(&state_directory::peek()?)?;
    let found = find(&recorded.resources, &args.address);
    if found.is_empty() {
        return Err(absent(&args.address, &recorded.resources).into());
    }
    for (name, one) in found {
        let resource = &recorded.resources[name];
        terminal.data(&match one {
            Remembered::Role(role, _) => state_text::role(name, resource, role),
            Remembered::Schema(path, _) => state_text::schema(name, resource, path),
        });
    }
    Ok(Exit::Done)
}

/// A block that the state remembers, by what it is about.
#[derive(Clone, Copy)]
enum Remembered<'a> {
    Role(&'a RoleName, &'a BlockAddress),
    Schema(&'a SchemaPath, &'a BlockAddress),
}

impl<'a> Remembered<'a> {
    fn block(self) -> Block<'a> {
        match self {
            Remembered::Role(_, address) => Block::Role(address),
            Remembered::Schema(_, address) => Block::Schema(address),
        }
    }
}

/// Every recorded block of a server.
fn remembered(resource: &RecordedResource) -> impl Iterator<Item = Remembered<'_>> {
    let roles = resource.roles.iter().map(|(role, recorded)| Remembered::Role(role, &recorded.address));
    roles.chain(resource.schemas.iter().map(|(path, address)| Remembered::Schema(path, address)))
}

/// Every recorded block that an address means.
fn find<'a>(
    resources: &'a BTreeMap<ResourceName, RecordedResource>,
    target: &Target,
) -> Vec<(&'a ResourceName, Remembered<'a>)> {
    let all = resources.iter().flat_map(|(name, resource)| remembered(resource).map(move |one| (name, one)));
    all.filter(|(name, one)| target.means(one.block(), [*name])).collect()
}

fn absent(target: &Target, resources: &BTreeMap<ResourceName, RecordedResource>) -> Diagnostic {
    let known: Vec<String> = resources
        .values()
        .flat_map(|resource| remembered(resource).map(|one| one.block().to_string()))
        .collect();
    let error = unknown(format!("The state has no {target}."));
    match engine::diagnostic::nearest(&target.to_string(), known.iter().map(String::as_str)) {
        Some(near) => error.hint(format!("did you mean {near}?")),
        None => error.hint("`roleform state list` tells what it has"),
    }
}

/// What is taken out of the state of one server.
#[derive(Default)]
struct Gone {
    roles: BTreeSet<RoleName>,
    schemas: BTreeSet<SchemaPath>,
}

fn rm(args: &StateRm, terminal: &Terminal) -> CommandResult {
    let purpose = Purpose { command: "state rm", timeout: args.lock.lock_timeout, terminal };
    let mut store = purpose.open()?;
    let recorded = state_directory::recorded(store.contents())?;
    let mut gone: BTreeMap<ResourceName, Gone> = BTreeMap::new();
    let mut names = Vec::new();
    for target in &args.addresses {
        let found = find(&recorded.resources, target);
        if found.is_empty() {
            return Err(absent(target, &recorded.resources).into());
        }
        for (name, one) in found {
            names.push(one.block().to_string());
            let gone = gone.entry(name.clone()).or_default();
            match one {
                Remembered::Role(role, _) => gone.roles.insert(role.clone()),
                Remembered::Schema(path, _) => gone.schemas.insert(path.clone()),
            };
        }
    }
    if args.dry_run {
        names.iter().for_each(|name| terminal.data(&format!("Would remove {name}\n")));
        return Ok(Exit::Done);
    }
    let session = removed(&mut store, &recorded.resources, (&gone, &names))?;
    let only_roles = gone.values().all(|gone| gone.schemas.is_empty());
    let text = format!(
        "Removed {} from the state.",
        counted(names.len(), if only_roles { "role" } else { "block" })
    );
    session.done(&mut store, None, text.clone())?;
    names.iter().for_each(|name| terminal.data(&format!("Removed {name}\n")));
    terminal.data(&format!("{text} In PostgreSQL nothing changed.\n"));
    // The only copy of what still logs in is not thrown away.
    let kept = Ledger::read(&store.contents().credentials).map_err(|error| error.diagnostic())?;
    for account in kept.0.keys().filter(|account| is_gone(account, &gone)) {
        let account = printable(&account.to_string());
        terminal.data(&format!("Its password is kept: `roleform credentials show {account}`\n"));
    }
    Ok(Exit::Done)
}

/// Writes the state without what is gone, in a session of its own.
fn removed(
    store: &mut Store,
    resources: &BTreeMap<ResourceName, RecordedResource>,
    (gone, names): (&BTreeMap<ResourceName, Gone>, &[String]),
) -> Result<Session, Diagnostic> {
    let left: BTreeMap<ResourceName, RecordedResource> =
        gone.iter().map(|(name, gone)| (name.clone(), without(&resources[name], gone))).collect();
    let session =
        Session::open(store, SessionKind::State, gone.keys().map(ToString::to_string).collect(), None)?;
    for name in names {
        session.note(format!("{name} was taken out of the state; it stays in PostgreSQL."));
    }
    session.trail.flush(store)?;
    let serial = store.contents().next_serial();
    let write = StateWrite { nodes: recorded::write(&left), serial: Some(serial), ..StateWrite::default() };
    store.commit(&write).map_err(|error| error.diagnostic())?;
    Ok(session)
}

fn is_gone(account: &Account, gone: &BTreeMap<ResourceName, Gone>) -> bool {
    match account {
        Account::Role { resource, role } => gone.get(resource).is_some_and(|gone| gone.roles.contains(role)),
        Account::Admin { .. } => false,
    }
}

/// `1 role`, `3 roles`.
fn counted(number: usize, word: &str) -> String {
    if number == 1 { format!("1 {word}") } else { format!("{number} {word}s") }
}

/// What is recorded about a server without these roles, their memberships and their grants, and
/// without these schemas.
fn without(resource: &RecordedResource, gone: &Gone) -> RecordedResource {
    let stays = |grantee: &Grantee| match grantee {
        Grantee::Public => true,
        Grantee::Role(role) => !gone.roles.contains(role),
    };
    let rest = resource.catalog.restricted(stays);
    let occupied = |grants: &Grants| grants.filtered(|_, acl: &Acl| !acl.is_empty());
    let databases = rest.databases.iter().map(|(name, grants)| (name.clone(), occupied(grants)));
    let catalog = Catalog {
        shared: occupied(&rest.shared),
        databases: databases.filter(|(_, grants)| !grants.is_empty()).collect(),
        roles: rest.roles,
        memberships: rest.memberships,
        owners: rest.owners.into_iter().filter(|(path, _)| !gone.schemas.contains(path)).collect(),
    };
    let mut roles = resource.roles.clone();
    roles.retain(|name, _| !gone.roles.contains(name));
    let mut schemas = resource.schemas.clone();
    schemas.retain(|path, _| !gone.schemas.contains(path));
    RecordedResource { identity: resource.identity.clone(), roles, schemas, catalog }
}

fn export(terminal: &Terminal) -> CommandResult {
    let recorded = state_directory::recorded(&state_directory::peek()?)?;
    terminal.data(&format!("{:#}\n", crate::state_json::state(&recorded)));
    Ok(Exit::Done)
}

fn recover(args: &Waiting, terminal: &Terminal) -> CommandResult {
    let purpose = Purpose { command: "state recover", timeout: args.lock.lock_timeout, terminal };
    let (mut store, recovery) = purpose.with(Store::recover).map_err(|error| error.diagnostic())?;
    let mut text = format!(
        "The state was restored as of serial {}, with {} of the audit trail.",
        recovery.serial,
        counted(usize::try_from(recovery.records).unwrap_or(usize::MAX), "record"),
    );
    if recovery.records_lost > 0 {
        text.push_str(&format!(" {} known records could not be restored.", recovery.records_lost));
    }
    let session = Session::open(&mut store, SessionKind::State, Vec::new(), None)?;
    session.done(&mut store, None, text.clone())?;
    terminal.data(&format!("{text}\n"));
    if let Some(aside) = recovery.aside {
        terminal.data(&format!("The damaged database is kept in {}.\n", aside.display()));
    }
    terminal.data("Run `roleform plan` next: it compares what was restored with the servers.\n");
    Ok(Exit::Done)
}

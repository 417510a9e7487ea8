//! `roleform state …`: looks at what is recorded, and corrects it.
//!
//! Not here: the store (`engine::state`). Invariant: nothing here touches a server.

use std::collections::{BTreeMap, BTreeSet};

use engine::acl::{Acl, Grantee};
use engine::audit::event::SessionKind;
use engine::catalog::{Catalog, Grants};
use engine::credentials::Account;
use engine::credentials::ledger::Ledger;
use engine::diagnostic::Diagnostic;
use engine::name::{AddressPattern, ResourceName, RoleName, printable};
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
    for (name, resource, role) in found {
        terminal.data(&state_text::role(name, resource, role));
    }
    Ok(Exit::Done)
}

/// Every recorded role that an address means.
fn find<'a>(
    resources: &'a BTreeMap<ResourceName, RecordedResource>,
    address: &AddressPattern,
) -> Vec<(&'a ResourceName, &'a RecordedResource, &'a RoleName)> {
    let all = resources.iter().flat_map(|(name, resource)| {
        resource.roles.iter().map(move |(role, recorded)| (name, resource, role, &recorded.address))
    });
    all.filter(|(.., of)| address.matches(of))
        .map(|(name, resource, role, _)| (name, resource, role))
        .collect()
}

fn absent(address: &AddressPattern, resources: &BTreeMap<ResourceName, RecordedResource>) -> Diagnostic {
    let known: Vec<String> = resources
        .values()
        .flat_map(|resource| resource.roles.values().map(|role| role.address.to_string()))
        .collect();
    let error = unknown(format!("The state has no {address}."));
    match engine::diagnostic::nearest(&address.to_string(), known.iter().map(String::as_str)) {
        Some(near) => error.hint(format!("did you mean {near}?")),
        None => error.hint("`roleform state list` tells what it has"),
    }
}

fn rm(args: &StateRm, terminal: &Terminal) -> CommandResult {
    let purpose = Purpose { command: "state rm", timeout: args.lock.lock_timeout, terminal };
    let mut store = purpose.open()?;
    let recorded = state_directory::recorded(store.contents())?;
    let mut gone: BTreeMap<ResourceName, BTreeSet<RoleName>> = BTreeMap::new();
    let mut names = Vec::new();
    for address in &args.addresses {
        let found = find(&recorded.resources, address);
        if found.is_empty() {
            return Err(absent(address, &recorded.resources).into());
        }
        for (name, resource, role) in found {
            names.push(resource.roles[role].address.to_string());
            gone.entry(name.clone()).or_default().insert(role.clone());
        }
    }
    if args.dry_run {
        names.iter().for_each(|name| terminal.data(&format!("Would remove {name}\n")));
        return Ok(Exit::Done);
    }
    let left: BTreeMap<ResourceName, RecordedResource> =
        gone.iter().map(|(name, roles)| (name.clone(), without(&recorded.resources[name], roles))).collect();
    let resources = gone.keys().map(ToString::to_string).collect();
    let session = Session::open(&mut store, SessionKind::State, resources, None)?;
    for name in &names {
        session.note(format!("{name} was taken out of the state; it stays in PostgreSQL."));
    }
    session.trail.flush(&mut store)?;
    let serial = store.contents().serial + 1;
    let write = StateWrite { nodes: recorded::write(&left), serial: Some(serial), ..StateWrite::default() };
    store.commit(&write).map_err(|error| error.diagnostic())?;
    let text = format!("Removed {} from the state.", counted(names.len(), "role"));
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

fn is_gone(account: &Account, gone: &BTreeMap<ResourceName, BTreeSet<RoleName>>) -> bool {
    match account {
        Account::Role { resource, role } => gone.get(resource).is_some_and(|roles| roles.contains(role)),
        Account::Admin { .. } => false,
    }
}

/// `1 role`, `3 roles`.
fn counted(number: usize, word: &str) -> String {
    if number == 1 { format!("1 {word}") } else { format!("{number} {word}s") }
}

/// What is recorded about a server without these roles, their memberships and their grants.
fn without(resource: &RecordedResource, gone: &BTreeSet<RoleName>) -> RecordedResource {
    let stays = |grantee: &Grantee| match grantee {
        Grantee::Public => true,
        Grantee::Role(role) => !gone.contains(role),
    };
    let rest = resource.catalog.restricted(stays);
    let occupied = |grants: &Grants| grants.filtered(|_, acl: &Acl| !acl.is_empty());
    let databases = rest.databases.iter().map(|(name, grants)| (name.clone(), occupied(grants)));
    let catalog = Catalog {
        shared: occupied(&rest.shared),
        databases: databases.filter(|(_, grants)| !grants.is_empty()).collect(),
        roles: rest.roles,
        memberships: rest.memberships,
    };
    let mut roles = resource.roles.clone();
    roles.retain(|name, _| !gone.contains(name));
    RecordedResource { identity: resource.identity.clone(), roles, catalog }
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

//! `roleform inventory …`: the servers that the configuration declares.
//!
//! Not here: what their administrators may do (`admin test`). Invariant: no password is
//! ever shown, only where it comes from.

use engine::declared::{Declared, DeclaredResource, SecretSource};
use engine::name::printable;
use serde_json::{Value, json};

use crate::args::kept::{Inventory, InventoryCheck, InventoryImport, InventoryList};
use crate::error::{CommandError, CommandResult, Exit};
use crate::server_list::{self, Format};
use crate::terminal::Terminal;
use crate::{configuration, files, servers};

/// Runs one of the commands.
pub(crate) fn run(args: &Inventory, terminal: &Terminal) -> CommandResult {
    match args {
        Inventory::List(args) => list(args, terminal),
        Inventory::Check(args) => check(args, terminal),
        Inventory::Import(args) => import(args, terminal),
    }
}

fn list(args: &InventoryList, terminal: &Terminal) -> CommandResult {
    let configuration = configuration::load(&args.variables)?;
    terminal.report(&configuration.warnings);
    let declared = &configuration.declared;
    if args.json {
        let all: Value = declared.resources.values().map(|resource| object(declared, resource)).collect();
        terminal.data(&format!("{all:#}\n"));
        return Ok(Exit::Done);
    }
    for resource in declared.resources.values() {
        let admin = resource.admin_username.as_deref().unwrap_or("(your account's name)");
        terminal.data(&format!(
            "postgres.{}\n  {}:{}, database {}, sslmode {}\n  admin {}, password from {}\n  {}\n",
            resource.name,
            printable(&resource.host),
            resource.port,
            printable(resource.database.as_str()),
            resource.sslmode.word(),
            printable(admin),
            printable(&source(&resource.admin_password)),
            match roles(declared, resource) {
                1 => "1 role".to_owned(),
                several => format!("{several} roles"),
            },
        ));
    }
    Ok(Exit::Done)
}

fn roles(declared: &Declared, resource: &DeclaredResource) -> usize {
    declared.roles.values().filter(|role| role.resource == resource.name).count()
}

fn object(declared: &Declared, resource: &DeclaredResource) -> Value {
    json!({
        "name": resource.name.as_str(),
        "host": resource.host,
        "port": resource.port,
        "database": resource.database.as_str(),
        "sslmode": resource.sslmode.word(),
        "admin": resource.admin_username,
        "password_from": source(&resource.admin_password),
        "roles": roles(declared, resource),
        "declared_at": resource.span.as_ref().map(|span| span.origin().to_string()),
    })
}

fn source(source: &SecretSource) -> String {
    match source {
        SecretSource::Unset => "the credential store or the password file".to_owned(),
        SecretSource::Environment(name) => format!("the environment variable {name}"),
        SecretSource::File(path) => format!("the file {path}"),
        // Arguments may hold what should not be shown; the program's name says enough.
        SecretSource::Command(argv) => format!("the command {}", argv.first().map_or("", String::as_str)),
        SecretSource::Literal(_) | SecretSource::InConfiguration => "the configuration itself".to_owned(),
    }
}

fn check(args: &InventoryCheck, terminal: &Terminal) -> CommandResult {
    let (answers, diagnostics) = servers::ask("inventory check", args, terminal)?;
    for answer in &answers {
        let identifier = match answer.identity.system_identifier {
            Some(identifier) => format!("system identifier {identifier}"),
            None => "which does not tell its system identifier".to_owned(),
        };
        let databases =
            if answer.databases == 1 { "1 database" } else { &format!("{} databases", answer.databases) };
        terminal.data(&format!(
            "postgres.{}: PostgreSQL {}.{} at {}, {identifier}, {databases}\n",
            answer.name,
            answer.identity.major(),
            answer.identity.version % 10_000,
            printable(&answer.identity.address),
        ));
    }
    if diagnostics.has_errors() {
        return Err(CommandError { diagnostics });
    }
    terminal.report(&diagnostics);
    Ok(Exit::Done)
}

/// Prints a list of servers as `resource` blocks; nothing is written into a file.
fn import(args: &InventoryImport, terminal: &Terminal) -> CommandResult {
    let extension = args.file.extension().and_then(|extension| extension.to_str());
    let format = args.format.unwrap_or(match extension {
        Some("csv") => Format::Csv,
        Some("json") => Format::Json,
        Some(_) | None => Format::Service,
    });
    let blocks = server_list::blocks(&files::read_text(&args.file)?, format)?;
    terminal.data(&blocks.text);
    if !blocks.without_password.is_empty() {
        let (names, file) = (blocks.without_password.join(", "), args.file.display());
        terminal.say(&format!(
            "Passwords were left out. Store those of {names} with `roleform admin import {file}`, or write `password = env(\"…\")`."
        ));
    }
    Ok(Exit::Done)
}

//! `roleform generate RESOURCE`: configuration for a server as it is.
//!
//! Not here: what it says (`engine::generate`). Invariant: the server is only read, and a file
//! that exists is never written over.

use std::collections::BTreeSet;

use engine::audit::event::SessionKind;
use engine::code::Code;
use engine::diagnostic::{Diagnostic, Diagnostics};
use engine::generate::Generated;
use engine::ops::generate::{self, GenerateRequest};
use engine::state::store::Store;
use provider_postgres::Postgres;

use crate::args::Generate;
use crate::audit::Session;
use crate::configuration::{self, Configuration};
use crate::error::{CommandResult, Exit};
use crate::files::Target;
use crate::progress::Stage;
use crate::state_directory::Purpose;
use crate::terminal::Terminal;
use crate::{secrets, servers, surroundings};

/// Prints the configuration, or writes it to a file.
pub(crate) fn run(args: &Generate, terminal: &Terminal) -> CommandResult {
    let target = args.out.as_deref().map(Target::check).transpose()?;
    if let Some(path) = args.out.as_deref().filter(|path| path.exists()) {
        let detail = format!("\"{}\" exists, and generate never writes over a file.", path.display());
        return Err(Diagnostic::error(Code::CLI003, Code::CLI003.title(), detail).into());
    }
    let configuration = configuration::load(&args.variables)?;
    let purpose = Purpose { command: "generate", timeout: args.lock.lock_timeout, terminal };
    let mut store = purpose.open()?;
    let name = servers::find(&configuration.declared, &args.resource)?.name.to_string();
    let session = Session::open(&mut store, SessionKind::Admin, vec![name.clone()], None)?;
    let made = match make(args, &configuration, (&store, &session), terminal) {
        Ok(made) => made,
        Err(why) => return Err(session.failed(&mut store, why).into()),
    };
    session.done(&mut store, None, format!("Generated configuration for {}.", counted(made.roles)))?;
    terminal.report(&configuration.warnings);
    match target {
        None => terminal.data(&made.text),
        Some(target) => {
            target.write(made.text.as_bytes())?;
            terminal.say(&format!(
                "Generated {} of postgres.{name}. Read the file, then run `roleform plan`.\n",
                counted(made.roles)
            ));
        }
    }
    Ok(Exit::Done)
}

fn make(
    args: &Generate,
    configuration: &Configuration,
    (store, session): (&Store, &Session),
    terminal: &Terminal,
) -> Result<Generated, Diagnostics> {
    let declared = &configuration.declared;
    let resource = servers::find(declared, &args.resource)?;
    let wanted = BTreeSet::from([resource.name.clone()]);
    let resources = declared.resources.values().filter(|resource| wanted.contains(&resource.name));
    let (passwords, warnings) = secrets::passwords(resources, store.contents(), session)?;
    terminal.report(&warnings);
    let stage = Stage::begin(terminal, &format!("Reading postgres.{}", resource.name));
    let request =
        GenerateRequest { declared, resource, password: passwords.get(&resource.name), progress: &stage };
    Ok(surroundings::runtime()?.block_on(generate::server(&Postgres::default(), request))?)
}

fn counted(roles: usize) -> String {
    if roles == 1 { "1 role".to_owned() } else { format!("{roles} roles") }
}

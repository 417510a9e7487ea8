//! `roleform plan`: what would change, and the file that `apply` carries out.
//!
//! Not here: how a plan is made (`engine::ops::plan`) and looks (`engine::render`).
//! Invariant: it writes the file of `-out` and its audit session, and nothing else; the
//! file's path is found writable before any work.

use std::collections::BTreeSet;

use engine::audit::event::SessionKind;
use engine::code::Code;
use engine::declared::Declared;
use engine::diagnostic::{Diagnostic, Diagnostics};
use engine::name::ResourceName;
use engine::ops::plan::{self, PlanRequest};
use engine::ops::recover::{self, RecoverRequest, recover};
use engine::plan::saved::{self, PlanId};
use engine::plan::{Header, Plan};
use engine::resolve::{Options, Rotate};
use engine::scope::Choice;
use engine::state::contents::Contents;
use engine::state::store::Store;
use provider_postgres::Postgres;

use crate::args::Plan as Args;
use crate::audit::Session;
use crate::commands::credentials;
use crate::configuration::{self, Configuration};
use crate::error::{CommandError, CommandResult, Exit};
use crate::files::Target;
use crate::progress::Stage;
use crate::state_directory::{self, Purpose};
use crate::terminal::Terminal;
use crate::{address, plan_view, secrets, surroundings};

/// How long a plan may be applied unless the configuration says otherwise, in seconds.
const EXPIRY: u64 = 7 * 24 * 60 * 60;

/// Makes a plan and shows it.
pub(crate) fn run(args: &Args, terminal: &Terminal) -> CommandResult {
    let target = args.out.as_deref().map(Target::check).transpose()?;
    let options = options(args)?;
    let configuration = configuration::load(&args.variables)?;
    let purpose = Purpose { command: "plan", timeout: args.lock.lock_timeout, terminal };
    let mut store = purpose.open()?;
    let resources = configuration.declared.resources.keys().map(ToString::to_string).collect();
    let session = Session::open(&mut store, SessionKind::Plan, resources, None)?;
    let made = make(&configuration, &options, (&mut store, &session), purpose)
        .and_then(|made| Ok(save(made, target.as_ref())?));
    let made = match made {
        Ok(made) => made,
        Err(why) => {
            let why = session.failed(&mut store, why);
            return Err(CommandError { diagnostics: joined(configuration.warnings, why) });
        }
    };
    session.done(&mut store, Some(made.id), plan_view::sums(&made.plan))?;
    terminal.report(&joined(configuration.warnings, made.warnings));
    let view = plan_view::Wanted::of(&args.view, args.out.as_deref());
    plan_view::show(&made.plan, made.id, &view, terminal);
    Ok(if args.detailed_exitcode && !made.plan.is_noop() { Exit::Changes } else { Exit::Done })
}

/// A plan that was made and, if asked for, written.
struct Made {
    plan: Plan,
    id: PlanId,
    bytes: Vec<u8>,
    warnings: Diagnostics,
}

fn joined(mut first: Diagnostics, second: Diagnostics) -> Diagnostics {
    first.extend(second);
    first
}

fn options(args: &Args) -> Result<Options, Diagnostic> {
    let mut named = BTreeSet::new();
    for text in args.rotate_password.iter().filter(|text| !text.is_empty()) {
        named.insert(address::parse(text).map_err(|why| {
            let detail = format!("\"-rotate-password\" cannot be \"{text}\": {why}.");
            Diagnostic::error(Code::CLI001, "Command line is not understood", detail)
        })?);
    }
    let rotate = match (args.rotate_password.is_empty(), named.is_empty()) {
        (true, _) => Rotate::Due,
        (false, true) => Rotate::All,
        (false, false) => Rotate::These(named),
    };
    let choice = Choice {
        targets: args.target.iter().cloned().collect(),
        excludes: args.exclude.iter().cloned().collect(),
    };
    let (destroy, refresh_only) = (args.destroy, args.refresh_only);
    Ok(Options { choice, rotate, destroy, refresh_only, now: surroundings::now() })
}

/// Resources on which a run may have something to do: those with roles, declared or recorded,
/// and those that an interrupted apply was about.
fn busy(declared: &Declared, contents: &Contents) -> Result<BTreeSet<ResourceName>, Diagnostic> {
    let recorded = state_directory::recorded(contents)?;
    let roles = declared.roles.values().map(|role| &role.resource);
    let publics = declared.publics.iter().map(|public| &public.resource);
    let unfinished = recover::servers(contents)?;
    Ok(roles.chain(publics).chain(recorded.resources.keys()).cloned().chain(unfinished).collect())
}

fn make(
    configuration: &Configuration,
    options: &Options,
    (store, session): (&mut Store, &Session),
    purpose: Purpose<'_>,
) -> Result<Made, Diagnostics> {
    let declared = &configuration.declared;
    let wanted = busy(declared, store.contents())?;
    let (passwords, mut warnings) = secrets::passwords(declared, &wanted, store.contents(), session)?;
    warnings.extend(credentials::other_readers(declared, store.contents())?);
    let provider = Postgres { lock_wait: purpose.timeout, ..Postgres::default() };
    let header = header(declared, options.now);
    let runtime = surroundings::runtime()?;
    let stage = Stage::begin(purpose.terminal, &reading(&wanted));
    let (plan, found) = runtime.block_on(async {
        let request = RecoverRequest { declared, passwords: &passwords, trail: &session.trail };
        warnings.extend(recover(&provider, store, request).await?);
        let recorded = state_directory::recorded(store.contents())?;
        let request = PlanRequest {
            declared,
            recorded: &recorded,
            passwords: &passwords,
            options,
            header: &header,
            configuration: configuration.digest,
            progress: &stage,
        };
        Ok::<_, Diagnostic>(plan::plan(&provider, request).await)
    })?;
    drop(stage);
    warnings.extend(found);
    let Some(plan) = plan else { return Err(warnings) };
    let (id, bytes) = saved::encode(&plan);
    Ok(Made { plan, id, bytes, warnings })
}

fn save(made: Made, target: Option<&Target>) -> Result<Made, Diagnostic> {
    if let Some(target) = target {
        target.write(&made.bytes)?;
    }
    Ok(made)
}

fn reading(wanted: &BTreeSet<ResourceName>) -> String {
    let names: Vec<String> = wanted.iter().map(|name| format!("postgres.{name}")).collect();
    format!("Reading {}", names.join(", "))
}

fn header(declared: &Declared, now: i64) -> Header {
    let seconds = declared.settings.plan_expiry_seconds.unwrap_or(EXPIRY);
    let micros = i64::try_from(seconds.saturating_mul(1_000_000)).unwrap_or(i64::MAX);
    Header {
        created_at: now,
        expires_at: now.saturating_add(micros),
        created_by: format!("{}@{}", surroundings::user(), surroundings::host()),
        version: env!("CARGO_PKG_VERSION").to_owned(),
    }
}

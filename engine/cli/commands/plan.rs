//! `roleform plan`: what would change, and the file that `apply` carries out.
//!
//! Not here: how a plan is made (`engine::ops::plan`) and looks (`engine::render`).
//! Invariant: it writes the file of `-out` and its audit session, and nothing else; the
//! file's path is found writable before any work.

use std::collections::BTreeSet;
use std::path::Path;

use engine::audit::event::SessionKind;
use engine::choice::{Choice, Target as Chosen};
use engine::code::Code;
use engine::declared::Declared;
use engine::diagnostic::{Diagnostic, Diagnostics};
use engine::name::{AddressPattern, ResourceName};
use engine::ops::plan::{self, PlanRequest};
use engine::ops::recover::{self, RecoverRequest, recover};
use engine::plan::saved::{self, PlanId};
use engine::plan::{Header, Mode, Plan};
use engine::resolve::{Options, Rotate};
use engine::signature::Purpose as Signing;
use engine::signature::key::SigningKey;
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
use crate::{address, plan_view, secrets, standing, surroundings, trust};

/// Makes a plan and shows it. With roles to take over it is about these and what they require.
pub(crate) fn run(args: &Args, adopt: &BTreeSet<AddressPattern>, terminal: &Terminal) -> CommandResult {
    let target = args.out.as_deref().map(Target::check).transpose()?;
    let options = options(args, adopt)?;
    let configuration = configuration::load(&args.variables)?;
    let trust = Trust::read(args, &configuration.declared)?;
    let purpose = Purpose { command: "plan", timeout: args.lock.lock_timeout, terminal };
    let mut store = purpose.open()?;
    let resources = configuration.declared.resources.keys().map(ToString::to_string).collect();
    let session = Session::open(&mut store, SessionKind::Plan, resources, None)?;
    let reading = Reading { purpose, parallelism: args.parallelism.into() };
    let request = Request { configuration: &configuration, options: &options, trust: &trust };
    let made = make(request, (&mut store, &session), reading)
        .and_then(|made| Ok(trust.save(made, (args, target.as_ref()))?));
    let made = match made {
        Ok(made) => made,
        Err(why) => {
            let why = session.failed(&mut store, why);
            return Err(CommandError { diagnostics: joined(configuration.warnings, why) });
        }
    };
    let view = plan_view::Wanted::of(&args.view, args.out.as_deref());
    if made.found.has_errors() {
        // A policy forbids it: people see what, and there is no file.
        let found = session.failed(&mut store, made.found);
        plan_view::show(&made.plan, made.id, &view, terminal);
        return Err(CommandError { diagnostics: joined(configuration.warnings, found) });
    }
    session.done(&mut store, Some(made.id), plan_view::sums(&made.plan))?;
    terminal.report(&joined(configuration.warnings, made.found));
    plan_view::show(&made.plan, made.id, &view, terminal);
    Ok(if args.detailed_exitcode && !made.plan.is_noop() { Exit::Changes } else { Exit::Done })
}

/// What makes a plan trusted: the list of who may sign it, and the key of its author.
struct Trust {
    signers: Option<String>,
    key: Option<SigningKey>,
}

impl Trust {
    /// Reads both before any work; a key that apply would refuse is refused now.
    fn read(args: &Args, declared: &Declared) -> Result<Trust, Diagnostic> {
        let signers = declared.settings.allowed_signers.as_ref();
        let signers = signers.map(|path| trust::signers(Path::new(path))).transpose()?;
        let key = args.sign.as_deref().map(|path| Ok((path, trust::key(path)?))).transpose()?;
        if let (Some((path, key)), Some((_, signers))) = (&key, &signers) {
            key.who(signers, Signing::Plan, &trust::moment()).map_err(|_| {
                let detail = format!(
                    "The configuration's allowed signers do not have \"{}\" ({}) for plans now.",
                    path.display(),
                    key.fingerprint()
                );
                Diagnostic::error(Code::SIG002, Code::SIG002.title(), detail)
            })?;
        }
        Ok(Trust { signers: signers.map(|(text, _)| text), key: key.map(|(_, key)| key) })
    }

    /// Writes the plan that nothing forbids, and its signature. What was signed about the file
    /// that had its name goes with that.
    fn save(&self, made: Made, (args, target): (&Args, Option<&Target>)) -> Result<Made, Diagnostic> {
        let (Some(target), Some(path)) = (target, &args.out) else { return Ok(made) };
        if made.found.has_errors() {
            return Ok(made);
        }
        trust::forget_seals(path)?;
        target.write(&made.bytes)?;
        if let (Some(key), Some(file)) = (&self.key, &args.sign) {
            trust::sign((file, key), Signing::Plan, &made.bytes, &trust::signature_path(path))?;
        }
        Ok(made)
    }
}

/// What a plan is made from.
#[derive(Clone, Copy)]
struct Request<'a> {
    configuration: &'a Configuration,
    options: &'a Options,
    trust: &'a Trust,
}

/// How servers are read.
#[derive(Clone, Copy)]
struct Reading<'a> {
    purpose: Purpose<'a>,
    /// Databases of one server at a time.
    parallelism: usize,
}

/// A plan that was made, and what was found: warnings, and what policies forbid.
struct Made {
    plan: Plan,
    id: PlanId,
    bytes: Vec<u8>,
    found: Diagnostics,
}

fn joined(mut first: Diagnostics, second: Diagnostics) -> Diagnostics {
    first.extend(second);
    first
}

fn options(args: &Args, adopt: &BTreeSet<AddressPattern>) -> Result<Options, Diagnostic> {
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
        targets: args.target.iter().cloned().chain(adopt.iter().cloned().map(Chosen::Blocks)).collect(),
        excludes: args.exclude.iter().cloned().collect(),
    };
    // The command line refuses both at once.
    let mode = match (args.destroy, args.refresh_only) {
        (false, false) => Mode::Normal,
        (true, _) => Mode::Destroy,
        (false, true) => Mode::RefreshOnly,
    };
    Ok(Options { choice, rotate, mode, adopt: adopt.clone(), now: surroundings::now() })
}

/// Resources on which a run may have something to do: those with blocks, declared or recorded,
/// and those that an interrupted apply was about.
fn busy(declared: &Declared, contents: &Contents) -> Result<BTreeSet<ResourceName>, Diagnostic> {
    let recorded = state_directory::recorded(contents)?;
    let roles = declared.roles.values().map(|role| &role.resource);
    let schemas = declared.schemas.values().map(|schema| &schema.resource);
    let publics = declared.publics.iter().map(|public| &public.resource);
    let unfinished = recover::servers(contents)?;
    let all = roles.chain(schemas).chain(publics).chain(recorded.resources.keys());
    Ok(all.cloned().chain(unfinished).collect())
}

fn make(
    Request { configuration, options, trust }: Request<'_>,
    (store, session): (&mut Store, &Session),
    Reading { purpose, parallelism }: Reading<'_>,
) -> Result<Made, Diagnostics> {
    let declared = &configuration.declared;
    let wanted = busy(declared, store.contents())?;
    let resources = declared.resources.values().filter(|resource| wanted.contains(&resource.name));
    let (passwords, mut warnings) = secrets::passwords(resources, store.contents(), session)?;
    warnings.extend(credentials::other_readers(declared, store.contents())?);
    let provider = Postgres { lock_wait: purpose.timeout, parallelism };
    let header = header(declared, options.now);
    let runtime = surroundings::runtime()?;
    let stage = Stage::begin(purpose.terminal, &reading(&wanted));
    let (plan, found) = runtime.block_on(async {
        let (targets, trail) = (&declared.resources, &session.trail);
        let request = RecoverRequest { targets, passwords: &passwords, trail };
        warnings.extend(recover(&provider, store, request).await?);
        let recorded = state_directory::recorded(store.contents())?;
        let request = PlanRequest {
            declared,
            recorded: &recorded,
            passwords: &passwords,
            options,
            header: &header,
            configuration: configuration.digest,
            signers: trust.signers.as_deref(),
            progress: &stage,
        };
        Ok::<_, Diagnostic>(plan::plan(&provider, request).await)
    })?;
    drop(stage);
    warnings.extend(found);
    let Some(plan) = plan else { return Err(warnings) };
    let (id, bytes) = saved::encode(&plan);
    Ok(Made { plan, id, bytes, found: warnings })
}

fn reading(wanted: &BTreeSet<ResourceName>) -> String {
    let names: Vec<String> = wanted.iter().map(|name| format!("postgres.{name}")).collect();
    match names.is_empty() {
        true => "Reading no server: the configuration has none".to_owned(),
        false => format!("Reading {}", names.join(", ")),
    }
}

fn header(declared: &Declared, now: i64) -> Header {
    let seconds = declared.settings.plan_expiry_seconds.unwrap_or(standing::EXPIRY);
    let micros = i64::try_from(seconds.saturating_mul(1_000_000)).unwrap_or(i64::MAX);
    Header {
        created_at: now,
        expires_at: now.saturating_add(micros),
        created_by: format!("{}@{}", surroundings::user(), surroundings::host()),
        version: env!("CARGO_PKG_VERSION").to_owned(),
    }
}

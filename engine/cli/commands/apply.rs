//! `roleform apply FILE`: carries out a saved plan, and nothing else.
//!
//! Not here: how (`engine::ops::apply`). Invariant: without a file nothing is done, and
//! what was refused or failed is on record as such.

use std::path::Path;
use std::pin::pin;

use engine::audit::event::SessionKind;
use engine::code::Code;
use engine::credentials::keyring::Keyring;
use engine::diagnostic::{Diagnostic, Diagnostics};
use engine::ops::apply::{Applied, ApplyRequest, apply, check, unless};
use engine::ops::recover::{RecoverRequest, recover};
use engine::plan::saved::{self, SavedPlan};
use engine::plan::verify::{self, TrustedPlan};
use engine::signature::demand::Signatories;
use engine::state::store::Store;
use provider_postgres::Postgres;

use crate::args::Apply;
use crate::audit::Session;
use crate::error::{CommandError, CommandResult, Exit};
use crate::progress::Stage;
use crate::standing::Standing;
use crate::state_directory::Purpose;
use crate::terminal::Terminal;
use crate::{files, identity, interrupt, secrets, surroundings};

/// Applies the file.
pub(crate) fn run(args: &Apply, terminal: &Terminal) -> CommandResult {
    let Some(file) = &args.file else {
        let detail = "Apply carries out a saved plan that somebody has read, and nothing else.";
        let error = Diagnostic::error(Code::APL001, "Apply needs a plan file", detail);
        return Err(error
            .hint("run `roleform plan -out plan.bin`, read it, then `roleform apply plan.bin`")
            .into());
    };
    let bytes = files::read(file)?;
    let decoded = saved::decode(&bytes);
    let purpose = Purpose { command: "apply", timeout: args.lock.lock_timeout, terminal };
    let mut store = match (purpose.open(), &decoded) {
        (Ok(store), _) => store,
        (Err(error), Ok(_)) if error.code == Code::STA002 => return Err(state_gone(&error).into()),
        (Err(_), Err(refusal)) => return Err(refusal.clone().into()),
        (Err(error), Ok(_)) => return Err(error.into()),
    };
    let (resources, id) = match &decoded {
        Ok(saved) => (saved.plan.resources.keys().map(ToString::to_string).collect(), Some(saved.id)),
        Err(_) => (Vec::new(), None),
    };
    let session = Session::open(&mut store, SessionKind::Apply, resources, id)?;
    let mut warnings = Diagnostics::default();
    let applied = decoded.map_err(Diagnostics::from).and_then(|saved| {
        let work = Work { bytes: &bytes, saved: &saved, file, args, purpose };
        let applied = work.run((&mut store, &session), &mut warnings)?;
        Ok((applied, saved))
    });
    match applied {
        Ok((applied, saved)) => {
            let text = complete(&saved);
            session.done(&mut store, Some(applied.id), text.clone())?;
            terminal.report(&warnings);
            tell(&applied, &saved, &text, args.json, terminal);
            Ok(Exit::Done)
        }
        Err(why) => {
            warnings.extend(session.failed(&mut store, why));
            Err(CommandError { diagnostics: warnings })
        }
    }
}

struct Work<'a> {
    bytes: &'a [u8],
    saved: &'a SavedPlan,
    file: &'a Path,
    args: &'a Apply,
    purpose: Purpose<'a>,
}

impl Work<'_> {
    fn run(
        &self,
        (store, session): (&mut Store, &Session),
        warnings: &mut Diagnostics,
    ) -> Result<Applied, Diagnostics> {
        let (standing, found) = Standing::read(self.args, self.file, &self.saved.plan)?;
        warnings.extend(found);
        let trusted = verify::trust(self.saved, self.bytes, standing.demands())?;
        tell_signatories(&trusted, session);
        let targets = standing.targets(&trusted)?;
        let reach = match &store.contents().journal {
            Some(journal) => standing.with_journal(&targets, &saved::decode(journal)?.plan)?,
            None => {
                check(&trusted, store.contents())?;
                targets.clone()
            }
        };
        let recipients = identity::recipients(standing.recipients(&self.saved.plan)?)?;
        let (passwords, found) = secrets::passwords(reach.values(), store.contents(), session)?;
        warnings.extend(found);
        // Shown here to work, so that nothing can fail where a password is made.
        let _: [u8; 1] = surroundings::random()?;
        let random =
            |bytes: &mut [u8]| getrandom::fill(bytes).expect("the system gave random bytes a moment ago");
        let now = surroundings::now();
        let provider = Postgres { lock_wait: self.purpose.timeout, ..Postgres::default() };
        let stage = Stage::begin(self.purpose.terminal, &self.doing());
        let request = ApplyRequest {
            plan: &trusted,
            bytes: self.bytes,
            targets: &targets,
            passwords: &passwords,
            keyring: Keyring { recipients: &recipients, random: &random, now },
            trail: &session.trail,
            progress: &stage,
        };
        let runtime = surroundings::runtime()?;
        let mut stop = pin!(interrupt::watch()?);
        let applied = runtime.block_on(async {
            let recovery = RecoverRequest { targets: &reach, passwords: &passwords, trail: &session.trail };
            warnings.extend(unless(stop.as_mut(), recover(&provider, store, recovery)).await?);
            apply(&provider, store, request, stop).await
        });
        drop(stage);
        Ok(applied?)
    }

    fn doing(&self) -> String {
        let resources = self.saved.plan.resources.keys().map(|name| format!("postgres.{name}"));
        let id = self.saved.id.to_string();
        format!("Applying plan {}… to {}", &id[..12], resources.collect::<Vec<_>>().join(", "))
    }
}

/// Who signed and approved is on record with what was done.
fn tell_signatories(trusted: &TrustedPlan<'_>, session: &Session) {
    let Signatories { author, approvers } = &trusted.signatories;
    if let Some(author) = author {
        session.note(format!("The plan is signed by {}.", author.text()));
    }
    for approver in approvers {
        session.note(format!("The plan is approved by {}.", approver.text()));
    }
}

fn state_gone(cause: &Diagnostic) -> Diagnostic {
    Diagnostic::error(Code::SAV023, Code::SAV023.title(), format!("{} Nothing was done.", cause.detail))
        .hint("bring the directory .roleform back, or run `roleform init` and make a new plan")
}

/// Terraform's last line, which scripts look for.
fn complete(saved: &SavedPlan) -> String {
    let summary = saved.plan.summary();
    let import = match summary.import {
        0 => String::new(),
        some => format!("{some} imported, "),
    };
    format!(
        "Apply complete! Resources: {import}{} added, {} changed, {} destroyed.",
        summary.add, summary.change, summary.destroy
    )
}

fn tell(applied: &Applied, saved: &SavedPlan, text: &str, json: bool, terminal: &Terminal) {
    if json {
        let summary = saved.plan.summary();
        let object = serde_json::json!({
            "format_version": "1.0",
            "plan_id": applied.id.to_string(),
            "serial": applied.serial,
            "statements": applied.statements,
            "passwords": applied.passwords,
            "resources": {
                "import": summary.import,
                "add": summary.add,
                "change": summary.change,
                "destroy": summary.destroy,
            },
        });
        terminal.data(&format!("{object:#}\n"));
        return;
    }
    let statements = if applied.statements == 1 {
        "1 statement".to_owned()
    } else {
        format!("{} statements", applied.statements)
    };
    terminal.data(&format!(
        "{text}\n\nPlan {} is carried out: {statements}, and the catalog is what the plan says. \
         The state has serial {}.\n",
        applied.id, applied.serial
    ));
    if !applied.passwords.is_empty() {
        terminal.data("\nNew passwords, encrypted to those who may read them:\n");
        for account in &applied.passwords {
            terminal.data(&format!("  roleform credentials show {account}\n"));
        }
    }
}

//! One transaction of an apply: look, compare, execute, look again, compare again, hold.
//!
//! Not here: the commit (`ops::apply::commit`). Invariant: a held transaction has shown the
//! plan's outcome after its last statement; whatever fails before rolls everything back.

use std::collections::BTreeMap;

use crate::catalog::Catalog;
use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::name::{DatabaseName, ResourceName, RoleName};
use crate::ops::apply::also;
use crate::ops::apply::commit::{self, NotCommitted};
use crate::ops::apply::departure;
use crate::ops::apply::trail::Trail;
use crate::plan::compare::{self, Differences};
use crate::plan::{ResourcePlan, Statement, Step, TransactionPlan, moments};
use crate::provider::{Executed, Progress, ProviderError, Server, Transaction, View};
use crate::secret::Secret;

/// How often a statement that lost a race is tried again, each time with new facts.
const ATTEMPTS: u32 = 4;

/// What is needed to prove any transaction of one server.
pub(super) struct Case<'a> {
    /// The server's label.
    pub(super) name: &'a ResourceName,
    /// The same, as text.
    pub(super) resource: &'a str,
    /// The plan for it.
    pub(super) plan: &'a ResourcePlan,
    /// Verifiers that were made.
    pub(super) verifiers: &'a BTreeMap<RoleName, Secret>,
    /// What is told to the audit.
    pub(super) trail: &'a Trail<'a>,
    /// What is told to whoever waits: statements.
    pub(super) progress: &'a dyn Progress,
}

/// What a transaction must see.
#[derive(Clone, Copy)]
pub(super) struct Expected<'a> {
    /// Before its first statement.
    pub(super) before: &'a Catalog,
    /// After its last.
    pub(super) after: &'a Catalog,
}

/// A transaction that has proven its outcome and waits for the commit.
pub(super) struct Held<'a, T> {
    /// The open transaction.
    pub(super) transaction: T,
    /// What it was for.
    pub(super) part: &'a TransactionPlan,
    /// What it saw last.
    pub(super) seen: Catalog,
}

/// Proves one transaction, again and from new facts when it lost a race.
pub(super) async fn prove<'a, S: Server>(
    server: &S,
    case: &Case<'_>,
    part: &'a TransactionPlan,
    expected: Expected<'_>,
) -> Result<Held<'a, S::Transaction>, Diagnostic> {
    let mut attempt = 1;
    loop {
        match Box::pin(once(server, case, part, expected)).await {
            Err(Failed { transient: true, executed, .. }) if attempt < ATTEMPTS => {
                case.progress.expect(executed);
                attempt += 1;
            }
            Err(failed) => return Err(Box::pin(explained(server, case, (part, expected), failed)).await),
            Ok(held) => return Ok(held),
        }
    }
}

struct Failed {
    diagnostic: Diagnostic,
    transient: bool,
    /// Statements that had been executed, and are to be executed again if the whole is.
    executed: u64,
}

impl From<ProviderError> for Failed {
    fn from(error: ProviderError) -> Failed {
        Failed { diagnostic: *error.diagnostic, transient: error.transient, executed: 0 }
    }
}

impl From<Diagnostic> for Failed {
    fn from(diagnostic: Diagnostic) -> Failed {
        Failed { diagnostic, transient: false, executed: 0 }
    }
}

async fn once<'a, S: Server>(
    server: &S,
    case: &Case<'_>,
    part: &'a TransactionPlan,
    expected: Expected<'_>,
) -> Result<Held<'a, S::Transaction>, Failed> {
    let mut transaction = server.begin(&part.database).await?;
    case.trail.begun(case.resource, &part.database);
    if let Some(refusal) = refusal(&mut transaction, case, (part, expected)).await? {
        let failed = refusal.into();
        return Err(roll_back(transaction, case, &part.database, failed).await);
    }
    if let Err(failed) = run(&mut transaction, case, (&part.database, &part.steps)).await {
        return Err(roll_back(transaction, case, &part.database, failed).await);
    }
    let seen = transaction.observe(&case.plan.scope, view(part)).await?;
    let differences = differences(part, expected.after, &seen);
    if !differences.is_empty() {
        let failed = unexpected(case, &differences).into();
        return Err(roll_back(transaction, case, &part.database, failed).await);
    }
    Ok(Held { transaction, part, seen })
}

fn view(part: &TransactionPlan) -> View {
    if part.shared { View::LocalAndShared } else { View::Local }
}

/// Why the plan must not go on, when its facts do not hold any more.
async fn refusal<T: Transaction>(
    transaction: &mut T,
    case: &Case<'_>,
    (part, expected): (&TransactionPlan, Expected<'_>),
) -> Result<Option<Diagnostic>, Failed> {
    let seen = transaction.observe(&case.plan.scope, view(part)).await?;
    let mut moved = differences(part, expected.before, &seen);
    if !case.plan.scope.leaving.is_empty() {
        let now = transaction.possessions(&case.plan.scope, view(part)).await?;
        moved.extend(departure::differences(case.plan, part, &now));
    }
    if moved.is_empty() {
        return Ok(None);
    }
    // A restored state does not know what it has applied; the server does. New passwords
    // are not those that it has, so they do not count.
    let outcome = moments::outcome(case.plan, &BTreeMap::new());
    let already_so = differences(part, &outcome, &seen).is_empty();
    Ok(Some(if already_so { already(case, &moved) } else { stale(case, &moved) }))
}

/// A statement that failed because others changed what it is about, between the look and the
/// statement: what they changed says more than what the server said.
async fn explained<S: Server>(
    server: &S,
    case: &Case<'_>,
    (part, expected): (&TransactionPlan, Expected<'_>),
    failed: Failed,
) -> Diagnostic {
    if failed.transient || failed.diagnostic.code != Code::APL003 {
        return failed.diagnostic;
    }
    let look = async {
        let mut transaction = server.begin(&part.database).await?;
        let mut found = refusal(&mut transaction, case, (part, expected)).await?;
        if found.is_none() && !part.shared {
            // Another transaction answers for that, and did not come to its turn: roles may be gone.
            let seen = transaction.observe(&case.plan.scope, View::LocalAndShared).await?;
            let moved = compare::shared(expected.before, &seen);
            found = (!moved.is_empty()).then(|| stale(case, &moved));
        }
        transaction.rollback().await?;
        Ok::<_, Failed>(found)
    };
    match look.await {
        Ok(Some(stale)) => {
            let cause = failed.diagnostic.detail;
            let detail = format!("{}\nIt showed when a statement failed: {cause}", stale.detail);
            Diagnostic { detail, ..stale }
        }
        Ok(None) | Err(_) => failed.diagnostic,
    }
}

fn differences(part: &TransactionPlan, expected: &Catalog, seen: &Catalog) -> Differences {
    let mut found = compare::local(&part.database, expected, seen);
    if part.shared {
        found.extend(compare::shared(expected, seen));
    }
    found
}

/// Runs steps and tells the audit; a failure names the step.
async fn run<T: Transaction>(
    transaction: &mut T,
    case: &Case<'_>,
    (database, steps): (&DatabaseName, &[Step]),
) -> Result<(), Failed> {
    let statements: Vec<Statement> = steps.iter().map(|step| step.statement.clone()).collect();
    let mut failed_at = None;
    let mut done = 0;
    let mut report = |executed: Executed| {
        if executed.failure.is_some() && failed_at.is_none() {
            failed_at = Some(executed.index);
        }
        if let Some(step) = steps.get(executed.index) {
            case.trail.executed(case.resource, (database, step), executed);
        }
        done += 1;
        case.progress.done(1);
    };
    let result = transaction.execute(&statements, case.verifiers, &mut report).await;
    result.map_err(|error| {
        let failed = Failed { executed: done, ..Failed::from(error) };
        match failed_at.and_then(|at| steps.get(at)) {
            None => failed,
            Some(step) => Failed { diagnostic: refused(case, step, failed.diagnostic), ..failed },
        }
    })
}

/// Executes steps in a transaction of their own, which waits for its commit; again when it
/// lost a race.
pub(super) async fn hold<S: Server>(
    server: &S,
    case: &Case<'_>,
    (database, steps): (&DatabaseName, &[Step]),
) -> Result<S::Transaction, Diagnostic> {
    let mut attempt = 1;
    loop {
        let mut transaction = server.begin(database).await.map_err(|error| *error.diagnostic)?;
        case.trail.begun(case.resource, database);
        let Err(failed) = run(&mut transaction, case, (database, steps)).await else {
            return Ok(transaction);
        };
        let failed = roll_back(transaction, case, database, failed).await;
        if !failed.transient || attempt == ATTEMPTS {
            return Err(failed.diagnostic);
        }
        case.progress.expect(failed.executed);
        attempt += 1;
    }
}

/// Steps in a transaction of their own, committed at once: the undoing of stage 1, and role
/// drops.
pub(super) async fn run_alone<S: Server>(
    server: &S,
    case: &Case<'_>,
    (name, database, steps): (&ResourceName, &DatabaseName, &[Step]),
) -> Result<(), Diagnostic> {
    if steps.is_empty() {
        return Ok(());
    }
    let transaction = hold(server, case, (database, steps)).await?;
    commit::one(transaction, (name, database), case.trail).await.map_err(|failed| match failed {
        NotCommitted::RolledBack(cause) | NotCommitted::Unknown(cause) => *cause,
    })
}

/// Rolls back after a failure, which stays the one that is told.
async fn roll_back<T: Transaction>(
    transaction: T,
    case: &Case<'_>,
    database: &DatabaseName,
    failed: Failed,
) -> Failed {
    let ended = transaction.rollback().await.map_err(|error| *error.diagnostic);
    case.trail.rolled_back(case.resource, database);
    Failed { diagnostic: also(failed.diagnostic, ended), ..failed }
}

pub(super) fn stale(case: &Case<'_>, differences: &Differences) -> Diagnostic {
    Diagnostic::error(
        Code::SAV008,
        "Plan is stale",
        format!("On {}, this changed since the plan was made:\n{}", case.resource, listed(differences)),
    )
    .hint("make a new plan and review it")
}

/// The facts moved, and just as the plan would have moved them.
pub(super) fn already(case: &Case<'_>, differences: &Differences) -> Diagnostic {
    let resource = case.resource;
    Diagnostic::error(
        Code::SAV024,
        Code::SAV024.title(),
        format!(
            "On {resource}, the server has what the plan would make of it, and had not when the plan was made:\n{}\nThe state is an older copy, or somebody did the same by hand.",
            listed(differences)
        ),
    )
    .hint("make a new plan: it records what is there")
}

fn unexpected(case: &Case<'_>, differences: &Differences) -> Diagnostic {
    Diagnostic::error(
        Code::APL002,
        "Outcome is not what the plan expects",
        format!(
            "On {}, after the last statement and before the commit:\n{}",
            case.resource,
            listed(differences)
        ),
    )
    .hint("somebody may have changed the same objects meanwhile: make a new plan")
}

fn listed(differences: &Differences) -> String {
    let mut lines: Vec<String> = differences.lines.iter().map(|line| format!("  - {line}")).collect();
    if differences.count > differences.lines.len() {
        lines.push(format!("  … and {} more", differences.count - differences.lines.len()));
    }
    lines.join("\n")
}

/// A refused statement: what it was for, where that is declared, what the server said.
fn refused(case: &Case<'_>, step: &Step, cause: Diagnostic) -> Diagnostic {
    const SHOWN: usize = 300;
    let sql = step.statement.display();
    let sql = match sql.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &sql[..end]),
        None => sql,
    };
    let detail = format!(
        "{} refused a statement of {}:\n  {}\n{}",
        case.resource,
        step.subject,
        crate::name::printable(&sql),
        cause.as_cause()
    );
    Diagnostic { hint: cause.hint, ..Diagnostic::error(Code::APL003, "Statement failed", detail) }
}

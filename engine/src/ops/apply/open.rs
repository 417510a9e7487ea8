//! Opens the servers of a plan: connect, same server?, advisory lock.
//!
//! Not here: facts about roles and grants (`ops::apply::prove`). Invariant: with all servers
//! open, each is the one that the plan was made for, and no other roleform works on it.

use std::collections::BTreeMap;

use futures::future::try_join_all;

use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::name::{DatabaseName, ResourceName};
use crate::ops::apply::ApplyRequest;
use crate::plan::verify::{self, VerifiedPlan};
use crate::provider::{Provider, Server};

/// An open server.
pub(super) struct Opened<S> {
    /// The connection to its own database, which holds the lock.
    pub(super) server: S,
    /// Its own database.
    pub(super) home: DatabaseName,
}

/// Opens every server on which the plan has something to run.
pub(super) async fn all<'a, P: Provider>(
    provider: &P,
    request: &ApplyRequest<'_>,
    verified: VerifiedPlan<'a>,
) -> Result<BTreeMap<&'a ResourceName, Opened<P::Server>>, Diagnostic> {
    let plans = verified.plan().resources.iter();
    let work = plans.filter(|(_, plan)| !plan.stages.is_empty()).map(|(name, plan)| async move {
        let resource = request.targets.get(name).ok_or_else(|| unknown(name))?;
        let password = request.passwords.get(name);
        let server = provider.connect(resource, password).await.map_err(|error| *error.diagnostic)?;
        verify::same_server(name.as_str(), &plan.identity, server.identity())?;
        server.lock().await.map_err(|error| *error.diagnostic)?;
        Ok((name, Opened { server, home: resource.database.clone() }))
    });
    Ok(try_join_all(work).await?.into_iter().collect())
}

fn unknown(name: &ResourceName) -> Diagnostic {
    Diagnostic::error(
        Code::SAV012,
        "Configuration lacks the plan's resource",
        format!("The plan changes {name}, for which there is no `resource` block any more."),
    )
    .hint("put the block back, or make a new plan")
}

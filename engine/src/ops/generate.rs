//! The operation `generate`: a server in, configuration for it as it is out. Only reads.
//!
//! ```text
//! observe nothing in particular -> which roles there are (survey)
//!   -> observe all that they hold -> text
//! ```
//!
//! Not here: the text (`generate`). Invariant: two observations, however many roles there are.

use crate::declared::{Declared, DeclaredResource};
use crate::diagnostic::Diagnostic;
use crate::generate::survey::Survey;
use crate::generate::{Generated, Source, generate};
use crate::observed::Scope;
use crate::provider::{Progress, Provider, ProviderError, Server};
use crate::secret::Secret;

/// What a configuration is generated from.
#[derive(Clone, Copy)]
pub struct GenerateRequest<'a> {
    /// The configuration so far: what it declares is left out.
    pub declared: &'a Declared,
    /// The server's block.
    pub resource: &'a DeclaredResource,
    /// The administrator's password, when there is one.
    pub password: Option<&'a Secret>,
    /// Where long work tells how far it is.
    pub progress: &'a dyn Progress,
}

/// Generates the configuration of one server.
///
/// # Errors
/// The server cannot be reached or read.
pub async fn server<P: Provider>(
    provider: &P,
    request: GenerateRequest<'_>,
) -> Result<Generated, Diagnostic> {
    let resource = request.resource;
    let place = |error: ProviderError| resource.locate(*error.diagnostic);
    let server = provider.connect(resource, request.password).await.map_err(place)?;
    let first = server.observe(&Scope::default(), request.progress).await.map_err(place)?;
    let survey = Survey::of(&first, request.declared, &resource.name);
    let observed = server.observe(&survey.scope, request.progress).await.map_err(place)?;
    Ok(generate(Source { resource: &resource.name, survey: &survey, observed: &observed }))
}

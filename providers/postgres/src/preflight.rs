//! placeholder
pub(crate) fn preflight(
    _o: &engine::observed::Observed,
    _b: &engine::plan::Batch<'_>,
) -> Vec<engine::diagnostic::Diagnostic> {
    vec![]
}

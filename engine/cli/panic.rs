//! A mistake of roleform itself, a panic, told as everything else is.
//!
//! Not here: panics of sled over a damaged database, which the store catches. Invariant: what a
//! panic carries, which may be any value of the program, is never printed; only where it was.

use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind};
use std::sync::{Mutex, PoisonError};

use engine::code::Code;
use engine::diagnostic::Diagnostic;

/// Where the last panic was.
static PLACE: Mutex<Option<String>> = Mutex::new(None);

/// Runs something; a panic in it becomes a diagnostic.
pub(crate) fn caught<T>(run: impl FnOnce() -> T) -> Result<T, Diagnostic> {
    std::panic::set_hook(Box::new(note));
    catch_unwind(AssertUnwindSafe(run)).map_err(|_| told(place().take()))
}

fn place() -> std::sync::MutexGuard<'static, Option<String>> {
    PLACE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn note(info: &PanicHookInfo<'_>) {
    *place() = info.location().map(|place| format!("{}:{}", place.file(), place.line()));
}

fn told(place: Option<String>) -> Diagnostic {
    let place = place.unwrap_or_else(|| "a place that it does not tell".to_owned());
    let detail = format!(
        "roleform gave up at {place}. What was promised so far is on the disk; what was not committed is rolled back by the servers."
    );
    Diagnostic::error(Code::CLI010, Code::CLI010.title(), detail).hint(
        "run `roleform plan`, which finds out what an interrupted apply left, and report this with the place",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_place_is_told() {
        let secret = std::hint::black_box("s3cret");
        let before = std::panic::take_hook();
        let told = caught(|| panic!("with a {secret}")).map(|_: ()| ()).expect_err("it gave up");
        std::panic::set_hook(before);
        assert_eq!(told.code, Code::CLI010);
        assert!(told.detail.starts_with("roleform gave up at engine/cli/panic.rs:"), "{}", told.detail);
        assert!(!told.detail.contains(secret), "{}", told.detail);
        assert_eq!(caught(|| 7).ok(), Some(7));
    }
}

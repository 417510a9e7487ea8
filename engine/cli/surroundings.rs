//! What surrounds a run: the time, the user, the host, randomness, the user's directories.
//!
//! The engine has none of these and is given them as values. Invariant: two runs differ in
//! nothing but what comes from here, from files, and from servers.

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use engine::code::Code;
use engine::diagnostic::Diagnostic;

/// Now, in microseconds since 1970-01-01 UTC.
pub(crate) fn now() -> i64 {
    jiff::Timestamp::now().as_microsecond()
}

/// Refuses a clock that tells no time that can be written down: before 1970, or after the year 9000.
pub(crate) fn check_clock() -> Result<(), Diagnostic> {
    if is_written_down(SystemTime::now()) {
        return Ok(());
    }
    let detail = "Its clock is before 1970 or after the year 9000.";
    Err(Diagnostic::error(Code::CLI008, "System refuses what a run needs", detail).hint("set the clock"))
}

fn is_written_down(time: SystemTime) -> bool {
    const YEAR_9000: Duration = Duration::from_secs(221_845_392_000);
    time.duration_since(SystemTime::UNIX_EPOCH).is_ok_and(|since| since < YEAR_9000)
}

/// The name of the account: of `USER`, else as the system has it.
pub(crate) fn user() -> String {
    let named =
        ["USER", "LOGNAME"].iter().find_map(|name| std::env::var(name).ok().filter(|user| !user.is_empty()));
    named.or_else(|| whoami::username().ok()).unwrap_or_else(|| "unknown".to_owned())
}

/// The name of this machine.
pub(crate) fn host() -> String {
    whoami::hostname().unwrap_or_else(|_| "unknown".to_owned())
}

/// Random bytes from the system.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], Diagnostic> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| {
        Diagnostic::error(
            Code::CLI008,
            "System refuses what a run needs",
            format!("It gives no random bytes: {error}."),
        )
    })?;
    Ok(bytes)
}

/// What runs asynchronous work.
pub(crate) fn runtime() -> Result<tokio::runtime::Runtime, Diagnostic> {
    let build = || tokio::runtime::Builder::new_current_thread().enable_all().build();
    check_files().and_then(|()| build()).map_err(|error| {
        let detail = format!("It gives no event loop: {error}.");
        Diagnostic::error(Code::CLI008, "System refuses what a run needs", detail)
    })
}

/// Whether as many files can be opened as an event loop needs: it gives up where it cannot open
/// those by which it hears of signals.
fn check_files() -> std::io::Result<()> {
    #[cfg(unix)]
    {
        const PAIRS: usize = 3;
        let pairs = (0..PAIRS).map(|_| std::os::unix::net::UnixStream::pair());
        drop(pairs.collect::<std::io::Result<Vec<_>>>()?);
    }
    Ok(())
}

/// Where roleform keeps what belongs to the user and not to one configuration:
/// `$XDG_CONFIG_HOME/roleform`, else `~/.config/roleform`.
pub(crate) fn user_directory() -> Result<PathBuf, Diagnostic> {
    let named = std::env::var_os("XDG_CONFIG_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let usual = || std::env::home_dir().filter(|home| home.is_absolute()).map(|home| home.join(".config"));
    named.or_else(usual).map(|path| path.join("roleform")).ok_or_else(|| {
        let detail =
            "Neither XDG_CONFIG_HOME nor HOME names a directory, so there is no place for your identity.";
        Diagnostic::error(Code::CLI002, "File cannot be read", detail).hint("set HOME")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_that_are_far_off_are_refused() {
        let (epoch, second) = (SystemTime::UNIX_EPOCH, Duration::from_secs(1));
        let times = [
            epoch - second,
            epoch,
            SystemTime::now(),
            epoch + second * 300_000_000,
            epoch + Duration::from_secs(300_000_000_000),
        ];
        assert_eq!(times.map(is_written_down), [false, true, true, true, false]);
        assert_eq!(check_clock().map_err(|error| error.code), Ok(()));
    }
}

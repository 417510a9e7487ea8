//! Progress of long work: a bar where stderr is a terminal, else one plain line per stage.
//!
//! Not here: what the stages are (the commands say it). Invariant: a bar is gone when its
//! stage ends, so that what is printed next starts on an empty line.

use std::time::Duration;

use engine::provider::Progress;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::terminal::Terminal;

/// A stage of work that is under way; it ends when the value goes.
#[derive(Debug)]
pub(crate) struct Stage {
    bar: Option<ProgressBar>,
}

impl Stage {
    /// Begins a stage: `Reading catalogs of 2 servers`.
    pub(crate) fn begin(terminal: &Terminal, message: &str) -> Stage {
        if !terminal.has_bars() {
            terminal.say(&format!("{message}\n"));
            return Stage { bar: None };
        }
        let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr());
        bar.set_style(style("{spinner} {msg}"));
        bar.set_message(message.to_owned());
        bar.enable_steady_tick(Duration::from_millis(120));
        Stage { bar: Some(bar) }
    }
}

/// How a stage looks: only a spinner until it is known how much there is to do.
fn style(template: &'static str) -> ProgressStyle {
    // The templates are the two above, whose keys are indicatif's own.
    ProgressStyle::with_template(template).expect("the template is valid")
}

impl Progress for Stage {
    fn expect(&self, units: u64) {
        if let Some(bar) = &self.bar {
            if bar.length().unwrap_or(0) == 0 {
                bar.set_style(style("{spinner} {msg} {wide_bar} {pos}/{len}"));
            }
            bar.inc_length(units);
        }
    }

    fn done(&self, units: u64) {
        if let Some(bar) = &self.bar {
            bar.inc(units);
        }
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

//! Runs statements, pipelined, and tells what became of each.
//!
//! Not here: transactions (`transaction`). A window of statements is under way at a time,
//! so that neither the network nor the server waits for the other. Answers come in order:
//! the first that is a failure is the failure, what comes after it only says so again
//! (25P02). Statements go through the extended protocol, which takes one statement per
//! message: a text that should hold two is refused.
//! Invariant: each statement that is reported is reported once, in order, and after a
//! failure nothing is sent.

use std::collections::{BTreeMap, VecDeque};
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;

use engine::code::Code;
use engine::name::RoleName;
use engine::plan::Statement;
use engine::provider::{Executed, ProviderError};
use engine::secret::Secret;
use tokio_postgres::error::{DbError, SqlState};
use zeroize::Zeroizing;

use crate::desk::Clerk;
use crate::error::{self, Failure, Site};
use crate::link::Link;
use crate::sql::quote;

/// How many statements are under way at most.
const WINDOW_STATEMENTS: usize = 128;

/// How many bytes of them at most; a single larger statement goes alone.
const WINDOW_BYTES: usize = 1 << 20;

/// Runs statements in the transaction that the session is in.
pub(crate) async fn execute(
    link: &Link,
    statements: &[Statement],
    verifiers: &BTreeMap<RoleName, Secret>,
    report: &mut dyn FnMut(Executed),
) -> Result<(), ProviderError> {
    let clerk = link.desk.attend();
    let mut pipeline = Pipeline {
        link,
        statements,
        verifiers,
        sent: 0,
        sent_bytes: 0,
        under_way: VecDeque::new(),
        answered_at: Instant::now(),
        clerk,
    };
    let run = std::future::poll_fn(|context| pipeline.poll(context, report));
    link.work("executing statements", run).await
}

type Answer<'a> = Pin<Box<dyn Future<Output = Result<u64, tokio_postgres::Error>> + 'a>>;

struct UnderWay<'a> {
    index: usize,
    bytes: usize,
    notices: Vec<DbError>,
    answer: Answer<'a>,
}

struct Pipeline<'a> {
    link: &'a Link,
    statements: &'a [Statement],
    verifiers: &'a BTreeMap<RoleName, Secret>,
    sent: usize,
    sent_bytes: usize,
    under_way: VecDeque<UnderWay<'a>>,
    /// When the last answer came: statements are pipelined, so each takes from there.
    answered_at: Instant,
    clerk: Clerk<'a>,
}

impl<'a> Pipeline<'a> {
    fn poll(
        &mut self,
        context: &mut Context<'_>,
        report: &mut dyn FnMut(Executed),
    ) -> Poll<Result<(), Failure>> {
        loop {
            // The order matters: see `desk`.
            let notice_waits = self.clerk.sees_notice(context);
            let idle = self.take_answers(context, report)?;
            if notice_waits {
                if let (Some(notice), Some(first)) = (self.clerk.take(), self.under_way.front_mut()) {
                    first.notices.push(*notice);
                }
                continue;
            }
            if !self.fill_window(context)? {
                // Nothing left to send, and the answers are all in or are awaited.
                return if idle { Poll::Ready(Ok(())) } else { Poll::Pending };
            }
        }
    }

    /// Takes answers in order until one is missing. Whether none is.
    fn take_answers(
        &mut self,
        context: &mut Context<'_>,
        report: &mut dyn FnMut(Executed),
    ) -> Result<bool, Failure> {
        while let Some(first) = self.under_way.front_mut() {
            let Poll::Ready(answer) = first.answer.as_mut().poll(context) else { return Ok(false) };
            if let Some(done) = self.under_way.pop_front() {
                self.sent_bytes -= done.bytes;
                self.judge(&done, answer, report)?;
            }
        }
        Ok(true)
    }

    /// Sends what the window has room for. Whether anything was sent.
    fn fill_window(&mut self, context: &mut Context<'_>) -> Result<bool, Failure> {
        let before = self.sent;
        while let Some(statement) = self.statements.get(self.sent) {
            let bytes = statement.sql.len();
            let full = self.under_way.len() >= WINDOW_STATEMENTS || self.sent_bytes + bytes > WINDOW_BYTES;
            if full && !self.under_way.is_empty() {
                break;
            }
            let text = text(statement, self.verifiers, &self.link.site)?;
            let client = self.link.client();
            let mut answer: Answer<'a> = Box::pin(async move { client.execute_typed(&text, &[]).await });
            // The first poll sends it; it cannot be answered yet, unless the connection is gone,
            // and then the answer is kept for the second poll.
            let answer: Answer<'a> = match answer.as_mut().poll(context) {
                Poll::Ready(early) => Box::pin(std::future::ready(early)),
                Poll::Pending => answer,
            };
            self.under_way.push_back(UnderWay { index: self.sent, bytes, notices: Vec::new(), answer });
            self.sent += 1;
            self.sent_bytes += bytes;
        }
        Ok(self.sent > before)
    }

    /// Reports one statement, and decides whether it failed.
    fn judge(
        &mut self,
        done: &UnderWay<'a>,
        answer: Result<u64, tokio_postgres::Error>,
        report: &mut dyn FnMut(Executed),
    ) -> Result<(), Failure> {
        let now = Instant::now();
        let micros = now.duration_since(self.answered_at).as_micros();
        self.answered_at = now;
        let void = done.notices.iter().find(|notice| says_void(notice.code()));
        let refusal = match &answer {
            Ok(_) => void,
            Err(error) => error.as_db_error(),
        };
        // A connection that broke says nothing about this statement.
        if answer.is_ok() || refusal.is_some() {
            report(Executed {
                index: done.index,
                micros: u64::try_from(micros).unwrap_or(u64::MAX),
                // The count is only sent for statements that have one; 0 cannot be told from none.
                rows: answer.as_ref().ok().copied().filter(|rows| *rows > 0),
                failure: refusal.map(said),
                notices: done.notices.iter().map(said).collect(),
            });
        }
        match (answer, void) {
            (Err(error), _) => Err(self.failed(done.index, error)),
            (Ok(_), Some(notice)) => Err(self.void(done.index, notice)),
            (Ok(_), None) => Ok(()),
        }
    }

    fn failed(&self, index: usize, error: tokio_postgres::Error) -> Failure {
        match error.as_db_error() {
            Some(refusal) if !error::is_lost(&error) => {
                let lead = format!("Statement {} of {} failed", index + 1, self.statements.len());
                Failure::Told(self.link.site.refused(refusal, &lead))
            }
            _ => Failure::Wire(error),
        }
    }

    fn void(&self, index: usize, notice: &DbError) -> Failure {
        let (number, all, words) = (index + 1, self.statements.len(), error::words(notice));
        let what = format!("Statement {number} of {all} did not do all it says: {words}");
        let hint = "Use an administrator who owns the object or has the grant option on it.";
        self.link.site.tell(Code::PGS021, what).hint(hint).into()
    }
}

/// SQLSTATE and message, fit for a record.
fn said(said: &DbError) -> (String, String) {
    (said.code().code().to_owned(), error::harmless(said.message()))
}

/// Whether a notice says that GRANT or REVOKE did nothing (01007, 01006).
fn says_void(state: &SqlState) -> bool {
    *state == SqlState::WARNING_PRIVILEGE_NOT_GRANTED || *state == SqlState::WARNING_PRIVILEGE_NOT_REVOKED
}

/// The text to send: with the verifier as a literal where the statement wants one.
fn text(
    statement: &Statement,
    verifiers: &BTreeMap<RoleName, Secret>,
    site: &Site,
) -> Result<Zeroizing<String>, Failure> {
    let Some(role) = &statement.verifier_for else { return Ok(Zeroizing::new(statement.sql.clone())) };
    let at = statement.verifier_at as usize;
    let parts = statement.sql.split_at_checked(at).zip(verifiers.get(role));
    let Some(((head, tail), verifier)) = parts else {
        let name = engine::name::printable(role.as_str());
        let what = format!("There is no verifier for role {name}, or no place for it in the statement");
        return Err(site.tell(Code::PGS020, what).into());
    };
    let literal = Zeroizing::new(quote::literal(verifier.reveal()));
    Ok(Zeroizing::new(format!("{head}{}{tail}", literal.as_str())))
}

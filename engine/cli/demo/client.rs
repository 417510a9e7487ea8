//! A SQL prompt for the story: logs in as somebody, runs a statement, shows the answer.
//!
//! Not the provider: this is what the company's people would use. Invariant: an answer is
//! what the server said, laid out as psql does.

use std::time::Duration;

use throwaway_server::options::Address;
use tokio_postgres::{Config, NoTls, SimpleQueryMessage};

/// Who logs in where.
#[derive(Clone, Copy)]
pub(crate) struct Login<'a> {
    /// Role.
    pub(crate) user: &'a str,
    /// Its password.
    pub(crate) password: &'a str,
    /// Database.
    pub(crate) database: &'a str,
}

/// What the server answered.
#[derive(Debug)]
pub(crate) enum Answer {
    /// Rows as a table, or the name of what was done.
    Done(String),
    /// It refused.
    Refused {
        /// Five characters, when the server said something.
        sqlstate: String,
        /// Its words.
        message: String,
    },
}

/// Runs statements as one simple query.
pub(crate) fn ask(address: &Address, login: Login<'_>, sql: &str) -> std::io::Result<Answer> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut config = Config::new();
    config
        .host_path(&address.socket_directory)
        .port(address.port)
        .user(login.user)
        .password(login.password)
        .dbname(login.database)
        .application_name("roleform demo")
        .connect_timeout(Duration::from_secs(10));
    let answered = runtime.block_on(async {
        let (client, connection) = config.connect(NoTls).await?;
        // Its error reaches us again through the query.
        tokio::spawn(async { drop(connection.await) });
        client.simple_query(sql).await
    });
    Ok(match answered {
        Ok(messages) => Answer::Done(laid_out(sql, &messages)),
        Err(error) => match error.as_db_error() {
            Some(said) => Answer::Refused {
                sqlstate: said.code().code().to_owned(),
                message: said.message().to_owned(),
            },
            None => Answer::Refused { sqlstate: String::new(), message: error.to_string() },
        },
    })
}

/// A table as psql prints it, or the first word of a statement without rows.
fn laid_out(sql: &str, messages: &[SimpleQueryMessage]) -> String {
    let mut lines: Vec<Vec<String>> = Vec::new();
    for message in messages {
        if let SimpleQueryMessage::Row(row) = message {
            if lines.is_empty() {
                lines.push(row.columns().iter().map(|column| column.name().to_owned()).collect());
            }
            lines.push((0..row.len()).map(|at| row.get(at).unwrap_or_default().to_owned()).collect());
        }
    }
    let Some(head) = lines.first() else {
        return format!("{}\n", sql.split_whitespace().next().unwrap_or_default());
    };
    let widths: Vec<usize> = (0..head.len())
        .map(|column| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0))
        .collect();
    let rule = widths.iter().map(|width| "-".repeat(width + 2)).collect::<Vec<_>>().join("+");
    let rows: Vec<String> = lines
        .iter()
        .map(|line| {
            let cells = line.iter().zip(&widths).map(|(cell, width)| format!(" {cell:<width$} "));
            cells.collect::<Vec<_>>().join("|").trim_end().to_owned()
        })
        .collect();
    let count = rows.len() - 1;
    let plural = if count == 1 { "" } else { "s" };
    format!("{}\n{rule}\n{}\n({count} row{plural})\n", rows[0], rows[1..].join("\n"))
}

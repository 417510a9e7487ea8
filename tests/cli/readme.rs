//! README.md is run: every console block, in order, against a real server; and its picture is
//! what roleform draws.
//!
//! Invariant: what a reader types is what is run here, but for the port and the password.

use std::fs;
use std::path::Path;

use test_support::cluster::Cluster;
use test_support::project::TestProject;

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A project with the tour's files, on a private server.
fn tour(cluster: &Cluster) -> TestProject {
    let mut project = TestProject::new(env!("CARGO_BIN_EXE_roleform"));
    let read = |name: &str| fs::read_to_string(repository().join("examples/tour").join(name)).expect(name);
    let port = format!("port     = {}", cluster.address.port);
    let admin = format!("username = \"{}\"", cluster.superuser.name);
    let main = read("main.hcl").replace("port     = 5432", &port).replace("username = \"postgres\"", &admin);
    project.write("main.hcl", main);
    project.write("app.sql", read("app.sql"));
    project.set("ADMIN_PASSWORD", &cluster.superuser.password);
    cluster.sql("postgres", "CREATE DATABASE app");
    project
}

/// The commands of all console blocks, each with the lines that it must print.
fn commands(readme: &str) -> Vec<(String, Vec<String>)> {
    let mut found: Vec<(String, Vec<String>)> = Vec::new();
    let mut inside = false;
    for line in readme.lines() {
        match line {
            "```console" => inside = true,
            "```" => inside = false,
            _ if !inside => {}
            _ => match line.strip_prefix("$ ") {
                Some(command) => found.push((command.to_owned(), Vec::new())),
                None => found.last_mut().expect("a block begins with a command").1.push(line.to_owned()),
            },
        }
    }
    found
}

#[test]
fn every_block_of_the_tour_does_what_it_says() {
    let cluster = Cluster::private(Cluster::newest().version, &[]);
    let project = tour(&cluster);
    let readme = fs::read_to_string(repository().join("README.md")).expect("README.md");
    let commands = commands(&readme);
    assert!(commands.len() > 12, "the tour has {} commands", commands.len());
    for (command, expected) in commands {
        let words: Vec<&str> = command.split_whitespace().collect();
        let printed = match words.as_slice() {
            ["psql", "app", "-f", file] => cluster.try_sql("app", &project.read(file)).map(|_| String::new()),
            ["psql", "app", "-c", ..] => {
                let sql = command.split('\'').nth(1).expect("a quoted statement");
                cluster.try_sql("app", sql).map(|_| String::new())
            }
            ["export", ..] => Ok(String::new()),
            ["roleform", arguments @ ..] => {
                let output = project.run(arguments);
                Ok(format!("{}{}", output.stdout, output.stderr))
            }
            _ => panic!("who runs `{command}`?"),
        };
        let printed = printed.unwrap_or_else(|error| panic!("{command}: {error}"));
        for line in expected {
            assert!(printed.contains(line.trim()), "`{command}` does not print `{line}` but:\n{printed}");
        }
    }
}

#[test]
fn the_picture_is_what_roleform_draws() {
    let cluster = Cluster::private(Cluster::newest().version, &[]);
    let mut project = tour(&cluster);
    cluster.sql("app", &project.read("app.sql"));
    project.run(["init"]).expect_code(0);
    project.set("CLICOLOR_FORCE", "1");
    let drawn = project.run(["plan"]).expect_code(0).stdout;
    let fixed = format!("127.0.0.1:5432, PostgreSQL {}", "18");
    let drawn = drawn
        .lines()
        .map(|line| match (line.find("127.0.0.1:"), line.rfind("):")) {
            (Some(start), Some(end)) => format!("{}{fixed}{}", &line[..start], &line[end..]),
            _ => line.to_owned(),
        })
        .take_while(|line| !line.contains('─'))
        .collect::<Vec<_>>()
        .join("\n");
    expect_test::expect_file![repository().join("examples/tour/plan.svg")].assert_eq(&svg(&drawn));
}

/// Text with ANSI colours as a picture.
fn svg(text: &str) -> String {
    let lines: Vec<&str> = text.trim_end().lines().collect();
    let height = lines.len() * 19 + 24;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"880\" height=\"{height}\" font-family=\"ui-monospace, Menlo, Consolas, monospace\" font-size=\"13\">\n\
         <rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"#1e1e2e\"/>\n"
    );
    for (at, line) in lines.iter().enumerate() {
        out.push_str(&format!(
            "<text x=\"16\" y=\"{}\" xml:space=\"preserve\" fill=\"#cdd6f4\">",
            at * 19 + 26
        ));
        out.push_str(&spans(line));
        out.push_str("</text>\n");
    }
    out.push_str("</svg>\n");
    out
}

fn spans(line: &str) -> String {
    let mut out = String::new();
    for (at, piece) in line.split("\u{1b}[").enumerate() {
        let (codes, text) =
            if at == 0 { ("0", piece) } else { piece.split_once('m').unwrap_or(("0", piece)) };
        let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let mut style = String::new();
        for code in codes.split(';') {
            match code {
                "1" => style.push_str(" font-weight=\"bold\""),
                "2" => style.push_str(" opacity=\"0.6\""),
                "31" => style.push_str(" fill=\"#f38ba8\""),
                "32" => style.push_str(" fill=\"#a6e3a1\""),
                "33" => style.push_str(" fill=\"#f9e2af\""),
                "34" => style.push_str(" fill=\"#89b4fa\""),
                "35" => style.push_str(" fill=\"#cba6f7\""),
                "36" => style.push_str(" fill=\"#94e2d5\""),
                _ => {}
            }
        }
        if style.is_empty() || text.is_empty() {
            out.push_str(&text);
        } else {
            out.push_str(&format!("<tspan{style}>{text}</tspan>"));
        }
    }
    out
}

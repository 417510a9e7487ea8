//! Plans for pull requests.

use expect_test::{expect, expect_file};

use super::*;
use crate::render::markdown;

fn shown(text: &str, options: &Options) -> String {
    let mut out = PlainText::default();
    markdown::render(&testing::plan::plan(text), options, &mut out).expect("memory takes everything");
    out.0
}

fn check(text: &str, options: &Options, expected: &Expect) {
    expected.assert_eq(&shown(text, options));
}

#[test]
fn something_of_everything() {
    let shown = shown(STORY, &Options { sql: true, ..saved() });
    expect_file!["story.md"].assert_eq(&shown);
}

#[test]
fn no_changes() {
    check(
        "both role reader",
        &saved(),
        &expect![[r#"
        ### roleform: no changes

        Your infrastructure matches the configuration.
    "#]],
    );
}

#[test]
fn roles_alike_share_a_fold() {
    let text = "
        + role a: nologin
        + role b: nologin
        sql postgres+shared role.a | CREATE ROLE a
    ";
    check(
        text,
        &Options::default(),
        &expect![[r####"
        ### roleform plan: 2 to add, 0 to change, 0 to destroy

        **`postgres.analytics (10.0.3.4:5432, PostgreSQL 15.18)`**

        <details><summary>+ <code>role.a</code> will be created (new), and 1 more alike</summary>

        ```diff
        +    role "a" {
        +        login = false
             }
           # …and 1 more role alike:
             b
        ```

        </details>

        <details open><summary>Access in effect</summary>

        ```diff
           a, b
        +      is made, and holds nothing
        ```

        </details>

        This plan was not saved, so it cannot be applied.
    "####]],
    );
}

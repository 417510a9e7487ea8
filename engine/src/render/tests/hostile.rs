//! Names are hostile text: whatever they hold, no rendering lets it out.

use super::*;
use crate::render::{json, markdown, sql};

/// Escape sequences, ends of lines, fences, tags, quotes, and what turns text around.
const HOSTILE: &str = r#"
    + role r=evil\e[2J\nrole: comment=a\e]0;x\nb password=fresh
    + member evil\e[2J\nrole of ```\n```: plain
    + grant ```</summary>\n```diff on app\n``` table ```\n.<b>"\_'t\e[31m, s.u: SELECT
    - grant PUBLIC on app\n``` schema ```\n```: USAGE
    both role ```</summary>\n```diff
    ! role.r\e[31m Superuser
    sql app\n``` subject\e[31m\_``` | GRANT SELECT ON "```\n```\e[31m" TO x
"#;

fn plan() -> crate::plan::Plan {
    crate::testing::plan::plan(&HOSTILE.replace("'t", "\u{202e}t"))
}

fn assert_clean(text: &str) {
    let bad = text.chars().find(|c| (c.is_control() && *c != '\n') || *c == '\u{202e}');
    assert_eq!(bad, None, "{text}");
}

#[test]
fn no_control_character_reaches_a_terminal() {
    for full in [false, true] {
        let mut out = PlainText::default();
        let options = Options { full, sql: true, ..saved() };
        plan::render(&plan(), &options, &mut out).expect("memory takes everything");
        assert_clean(&out.0);
        assert!(out.0.contains(r"evil\u{1b}[2J\u{a}role"), "{}", out.0);
    }
    let mut out = PlainText::default();
    sql::render(&plan(), &mut out).expect("memory takes everything");
    assert_clean(&out.0);
}

#[test]
fn no_name_leaves_its_place_in_markdown() {
    let mut out = PlainText::default();
    markdown::render(&plan(), &Options { sql: true, ..saved() }, &mut out).expect("memory takes everything");
    assert_clean(&out.0);
    let mut open = false;
    for line in out.0.lines() {
        let indent = line.len() - line.trim_start_matches(' ').len();
        if indent < 4 && line.trim_start().starts_with("```") {
            let ours = if open { line == "```" } else { line == "```diff" || line == "```sql" };
            assert!(ours, "a fence that is not ours: {line:?}\n{}", out.0);
            open = !open;
        } else if !open {
            let tags =
                ["<details>", "<details open>", "</details>", "<summary>", "</summary>", "<code>", "</code>"];
            let mut rest = line.to_owned();
            tags.iter().for_each(|tag| rest = rest.replace(tag, ""));
            assert!(!rest.contains('<') || line.starts_with("> - "), "a tag that is not ours: {line:?}");
        }
    }
    assert!(!open, "{}", out.0);
}

#[test]
fn json_holds_names_as_they_are() {
    let mut out = Vec::new();
    json::render(&plan(), &Options::default(), &mut out).expect("memory takes everything");
    let value: serde_json::Value = serde_json::from_slice(&out).expect("JSON");
    assert_eq!(value["resource_changes"][0]["change"]["after"]["name"], "evil\u{1b}[2J\nrole");
}

//! The difference of two texts as a unified diff, for `fmt -diff`.
//!
//! Text in, text out, no colour. Lines are matched by what they hold beside
//! blanks, since formatting mostly moves blanks: that is fast for files where
//! every line changes. Invariant: what `patch` makes of the old text and the
//! diff is the new text; equal texts give an empty diff.

use std::ops::Range;

/// Lines around a change.
const CONTEXT: usize = 3;

/// Lines that may be without a match before the search for matches is given up.
const MAX_UNMATCHED: usize = 1000;

/// One line of the diff.
#[derive(Clone, Copy)]
enum Line<'a> {
    Kept(&'a str),
    Removed(&'a str),
    Added(&'a str),
}

/// The unified diff from `old` to `new`, with `old/PATH` and `new/PATH` at its head.
pub fn unified(path: &str, old: &str, new: &str) -> String {
    if old == new {
        return String::new();
    }
    let script = script(&lines_of(old), &lines_of(new));
    let mut diff = format!("--- old/{path}\n+++ new/{path}\n");
    let (mut old_line, mut new_line, mut done) = (0, 0, 0);
    for hunk in hunks(&script) {
        // Between hunks everything is kept.
        let kept = hunk.start - done;
        let (lines, end) = (&script[hunk.clone()], hunk.end);
        let (old_length, new_length) = lengths(lines);
        let old_span = span(old_line + kept, old_length);
        let new_span = span(new_line + kept, new_length);
        diff.push_str(&format!("@@ -{old_span} +{new_span} @@\n"));
        lines.iter().for_each(|line| line.print(&mut diff));
        (old_line, new_line, done) = (old_line + kept + old_length, new_line + kept + new_length, end);
    }
    diff
}

impl Line<'_> {
    fn print(self, diff: &mut String) {
        let (sign, text) = match self {
            Line::Kept(text) => (' ', text),
            Line::Removed(text) => ('-', text),
            Line::Added(text) => ('+', text),
        };
        diff.push(sign);
        diff.push_str(text);
        if !text.ends_with('\n') {
            diff.push_str("\n\\ No newline at end of file\n");
        }
    }
}

/// How many lines of the old text and of the new one these are.
fn lengths(lines: &[Line<'_>]) -> (usize, usize) {
    lines.iter().fold((0, 0), |(old, new), line| match line {
        Line::Kept(_) => (old + 1, new + 1),
        Line::Removed(_) => (old + 1, new),
        Line::Added(_) => (old, new + 1),
    })
}

/// The lines of a hunk in its heading, after `before` lines.
fn span(before: usize, length: usize) -> String {
    match length {
        0 => format!("{before},0"),
        1 => format!("{}", before + 1),
        _ => format!("{},{length}", before + 1),
    }
}

fn lines_of(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

/// All lines of both texts; in a stretch of changes the removed ones come first.
fn script<'a>(old: &[&'a str], new: &[&'a str]) -> Vec<Line<'a>> {
    let mut script = Vec::new();
    let (mut removed, mut added) = (0, 0);
    let ends = [(old.len(), new.len())];
    let equal = |(i, j): &(usize, usize)| old.get(*i) == new.get(*j);
    for (i, j) in matches(old, new).into_iter().filter(equal).chain(ends) {
        script.extend(old[removed..i].iter().copied().map(Line::Removed));
        script.extend(new[added..j].iter().copied().map(Line::Added));
        script.extend(old.get(i).copied().map(Line::Kept));
        (removed, added) = (i + 1, j + 1);
    }
    script
}

/// Whether two lines hold the same beside blanks.
fn alike(one: &str, other: &str) -> bool {
    let solid = |c: &char| !c.is_whitespace();
    one.chars().filter(solid).eq(other.chars().filter(solid))
}

/// Pairs of like lines, ascending on both sides.
fn matches(old: &[&str], new: &[&str]) -> Vec<(usize, usize)> {
    let head = old.iter().zip(new).take_while(|(a, b)| alike(a, b)).count();
    let (old, new) = (&old[head..], &new[head..]);
    let tail = old.iter().rev().zip(new.iter().rev()).take_while(|(a, b)| alike(a, b)).count();
    let (old_middle, new_middle) = (old.len() - tail, new.len() - tail);
    let middle = longest(&old[..old_middle], &new[..new_middle]);
    let first = (0..head).map(|at| (at, at));
    let inner = middle.into_iter().map(|(i, j)| (i + head, j + head));
    let last = (0..tail).map(|at| (at + head + old_middle, at + head + new_middle));
    first.chain(inner).chain(last).collect()
}

/// The longest sequence of matches, by Myers' greedy search over the number of lines
/// without a match; none when there are too many of those.
fn longest(old: &[&str], new: &[&str]) -> Vec<(usize, usize)> {
    let most = MAX_UNMATCHED.min(old.len() + new.len());
    // By diagonal (lines taken from `old` minus lines taken from `new`, shifted by `most + 1`):
    // how far into `old` the search has come.
    let mut reached = vec![0_usize; 2 * most + 3];
    let mut history = Vec::new();
    for unmatched in 0..=most {
        history.push(reached[most - unmatched..=most + 2 + unmatched].to_vec());
        for diagonal in (most + 1 - unmatched..=most + 1 + unmatched).step_by(2) {
            let edge = if diagonal == most + 1 - unmatched {
                false
            } else {
                diagonal == most + 1 + unmatched || reached[diagonal - 1] >= reached[diagonal + 1]
            };
            let mut i = if edge { reached[diagonal - 1] + 1 } else { reached[diagonal + 1] };
            let mut j = i + most + 1 - diagonal;
            while i < old.len() && j < new.len() && alike(old[i], new[j]) {
                (i, j) = (i + 1, j + 1);
            }
            reached[diagonal] = i;
            if i >= old.len() && j >= new.len() {
                return walk_back(&history, (old.len(), new.len()));
            }
        }
    }
    Vec::new()
}

/// Finds the way that led to the end. Entry `n` of the history holds the diagonals from
/// `-n - 1` to `n + 1` as they were before step `n`.
fn walk_back(history: &[Vec<usize>], (mut i, mut j): (usize, usize)) -> Vec<(usize, usize)> {
    let mut pairs = Vec::new();
    for (unmatched, reached) in history.iter().enumerate().rev() {
        let diagonal = i + unmatched + 1 - j;
        let lowest = diagonal == 1;
        let highest = diagonal == 2 * unmatched + 1;
        let removal = !lowest && (highest || reached[diagonal - 1] >= reached[diagonal + 1]);
        let from = if removal { reached[diagonal - 1] + 1 } else { reached[diagonal + 1] };
        let start = if unmatched == 0 { 0 } else { from };
        while i > start && j > 0 {
            (i, j) = (i - 1, j - 1);
            pairs.push((i, j));
        }
        match (unmatched, removal) {
            (0, _) => {}
            (_, true) => i -= 1,
            (_, false) => j -= 1,
        }
    }
    pairs.reverse();
    pairs
}

/// Stretches of the script to print: changes with the lines around them, joined where they touch.
fn hunks(script: &[Line<'_>]) -> Vec<Range<usize>> {
    let mut hunks: Vec<Range<usize>> = Vec::new();
    for (at, line) in script.iter().enumerate() {
        if matches!(line, Line::Kept(_)) {
            continue;
        }
        let (start, end) = (at.saturating_sub(CONTEXT), script.len().min(at + 1 + CONTEXT));
        match hunks.last_mut() {
            Some(last) if start <= last.end => last.end = end,
            _ => hunks.push(start..end),
        }
    }
    hunks
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use proptest::prelude::*;

    use super::unified;

    fn check(old: &str, new: &str, expected: Expect) {
        expected.assert_eq(&unified("main.hcl", old, new));
    }

    #[test]
    fn as_diff_prints_it() {
        check("a = 1\n", "a = 1\n", expect![[""]]);
        check(
            "a=1\nb=2\nc = 3\n",
            "a = 1\nb = 2\nc = 3\n",
            expect![[r#"
                --- old/main.hcl
                +++ new/main.hcl
                @@ -1,3 +1,3 @@
                -a=1
                -b=2
                +a = 1
                +b = 2
                 c = 3
            "#]],
        );
        check(
            "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12",
            "1\n2\n3\n4\nnew\n5\n6\n7\n8\n9\n10\n11\n12\n",
            expect![[r#"
                --- old/main.hcl
                +++ new/main.hcl
                @@ -2,6 +2,7 @@
                 2
                 3
                 4
                +new
                 5
                 6
                 7
                @@ -9,4 +10,4 @@
                 9
                 10
                 11
                -12
                \ No newline at end of file
                +12
            "#]],
        );
        check(
            "",
            "a\n",
            expect![[r#"
                --- old/main.hcl
                +++ new/main.hcl
                @@ -0,0 +1 @@
                +a
            "#]],
        );
    }

    /// What `patch` does, with every position checked.
    fn patched(old: &str, diff: &str) -> String {
        let old: Vec<&str> = old.split_inclusive('\n').collect();
        let (mut new, mut at) = (String::new(), 0);
        let mut lines = diff.split_inclusive('\n').skip(2).peekable();
        while let Some(line) = lines.next() {
            let unended = lines.next_if(|next| next.starts_with('\\')).is_some();
            let text = if unended { line[1..].trim_end_matches('\n') } else { &line[1..] };
            match &line[..1] {
                "@" => {
                    let (start, length) = line[4..]
                        .split_once(' ')
                        .unwrap()
                        .0
                        .split_once(',')
                        .unwrap_or((line[4..].split_once(' ').unwrap().0, "1"));
                    let start: usize = start.parse().unwrap();
                    let start = if length == "0" { start } else { start - 1 };
                    new.extend(old[at..start].iter().copied());
                    at = start;
                }
                "+" => new.push_str(text),
                sign => {
                    assert_eq!(old[at], text);
                    at += 1;
                    new.push_str(if sign == " " { text } else { "" });
                }
            }
        }
        new.extend(old[at..].iter().copied());
        new
    }

    proptest! {
        #[test]
        fn patching_with_it_gives_the_new_text(old in "([ab ]{0,2}\n){0,20}[ab]?", new in "([ab ]{0,2}\n){0,20}[ab]?") {
            prop_assert_eq!(patched(&old, &unified("x", &old, &new)), new);
        }
    }

    #[test]
    fn too_many_changes_are_one_hunk() {
        let numbers = |from: usize| (from..from + 3000).map(|n| format!("{n}\n")).collect::<String>();
        let (old, new) = (numbers(0), numbers(10_000));
        assert_eq!(patched(&old, &unified("x", &old, &new)), new);
    }
}

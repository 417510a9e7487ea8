//! Laws of `fmt`: it never panics, keeps all tokens, and has nothing to do the second time.
//!
//! Soup is rarely HCL, so files that are HCL are generated from a grammar too.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::super::simplify::rewrite;
use super::super::{format, grammar, lay_out, lex};

/// Where blanks may stand: on one line only, over lines too, on one line whatever is around.
const GAP: char = '\u{1}';
const WIDE: char = '\u{2}';
const NARROW: char = '\u{3}';

const TOKENS: &[&str] = &[
    "a",
    "in",
    "for",
    "if",
    "1",
    "2.5",
    "1e3",
    "\"",
    "\"x\"",
    "${",
    "%{",
    "}",
    "~}",
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    "=",
    "==",
    "=>",
    "<",
    ">=",
    "&&",
    "!",
    "-",
    "+",
    "*",
    "/",
    "%",
    "?",
    ":",
    "::",
    ",",
    ".",
    "...",
    "\n",
    "\n",
    "\r\n",
    " ",
    "\t",
    "# c\n",
    "// d\n",
    "/* e */",
    "/*",
    "<<E\n",
    "\nE\n",
    "\\",
    "$",
    "é",
    "\u{301}",
    "\u{feff}",
    "\"${x}\"",
    "endif",
    "else",
    "variable \"v\" {\n",
    "type = list\n",
    "b = 1\n",
    "'",
    "&",
    "\r",
    "\0",
];

fn soup() -> impl Strategy<Value = String> {
    vec(select(TOKENS), 0..40).prop_map(|tokens| tokens.concat())
}

/// An expression with marks where blanks may stand.
fn expression() -> impl Strategy<Value = String> {
    let leaf =
        select(vec!["a", "b.c", "1", "2.5", "\"\"", "\"x y\"", "\"é$${\"", "true", "d[*].e", "f.*.g", "h.0"]);
    leaf.prop_map(str::to_owned).prop_recursive(4, 24, 3, |inner| {
        let wide = inner.clone().prop_map(|text| text.replace(GAP, &WIDE.to_string()));
        let narrow = inner.clone().prop_map(|text| text.replace(GAP, &NARROW.to_string()));
        let operator = select(vec!["+", "-", "*", "/ ", "%", "==", "<", "&&", "||"]);
        prop_oneof![
            (inner.clone(), operator, inner.clone()).prop_map(|(a, o, b)| format!("{a}\u{1} {o}\u{1}{b}")),
            (inner.clone(), inner.clone(), inner.clone())
                .prop_map(|(a, b, c)| format!("{a}\u{1}?\u{1}{b}\u{1}:\u{1}{c}")),
            inner.clone().prop_map(|a| format!("-\u{1}{a}")),
            inner.clone().prop_map(|a| format!("!\u{1}({a})")),
            wide.clone().prop_map(|a| format!("(\u{2}{a}\u{2})")),
            vec(wide.clone(), 0..3).prop_map(|items| format!("[\u{2}{}\u{2}]", items.join("\u{2},\u{2}"))),
            vec(wide.clone(), 0..3).prop_map(|items| format!("f\u{1}(\u{2}{}\u{2})", items.join(",\u{2}"))),
            (inner.clone(), wide.clone()).prop_map(|(a, b)| format!("({a})[\u{2}{b}\u{2}]")),
            vec(narrow.clone(), 0..3).prop_map(|values| object("k", "=", &values, ("", ","))),
            vec(narrow, 1..3).prop_map(|values| object("\"k\"", ":", &values, ("\n", "\n"))),
            (wide.clone(), wide.clone())
                .prop_map(|(a, b)| format!("[for x,\u{2}y in\u{2} {a}\u{2}:\u{2}{b} if\u{2} x]")),
            wide.clone().prop_map(|a| format!("{{for x in y\u{2}:\u{2}x\u{2}=>\u{2}{a}\u{2}...}}")),
            wide.prop_map(|a| format!("\"x  ${{\u{2}{a}\u{2}}} %{{\u{1}if y\u{1}}}z%{{ endif }}\"")),
        ]
    })
}

/// An object; its line ends separate, so that none may stand anywhere else in it.
fn object(key: &str, sign: &str, values: &[String], (begin, separator): (&str, &str)) -> String {
    let items: Vec<String> =
        values.iter().map(|value| format!("{key}\u{3}{sign}\u{3}{value}\u{3}")).collect();
    format!("{{\u{3}{begin}{}}}", items.join(separator))
}

/// A file with marks where blanks may stand.
fn file() -> impl Strategy<Value = String> {
    let value = prop_oneof![
        4 => expression(),
        1 => expression().prop_map(|a| format!("\"${{\u{2}{a}\u{2}}}\"")),
        1 => expression().prop_map(|a| format!("<<E\n  x ${{\u{2}{a}\u{2}}}\t\n E")),
        1 => Just("\"list\"".to_owned()),
    ];
    let values = vec(value, 0..4);
    let header = select(vec!["variable v", "x \"a\" b", "y \"c$d\"", "z"]);
    vec((header, values), 0..3).prop_map(|blocks| {
        let mut text = String::new();
        for (header, values) in blocks {
            text.push_str(&format!("{header}\u{1}{{\u{1}\n"));
            for (value, name) in values.iter().zip(["type", "b", "long_name", "d"]) {
                let end = if value.ends_with(" E") { "\n" } else { "\u{1}\n" };
                text.push_str(&format!("\u{1}{name}\u{1}=\u{1}{value}{end}"));
            }
            text.push_str("\u{1}}\u{1}# end\n\u{1}\n");
        }
        text
    })
}

/// A file with blanks, comments and line ends of all kinds in the gaps.
fn scruffy_file() -> impl Strategy<Value = String> {
    let narrow = vec(select(vec!["", " ", "   ", "\t", "/* c */", " /*é*/ "]), 1..60);
    let wide = vec(select(vec!["", " ", "\n", "\n\n  ", "# c\n", "\r\n", "/* c\n c */"]), 1..60);
    (file(), narrow, wide).prop_map(|(file, narrow, wide)| {
        let (mut narrow, mut wide) = (narrow.into_iter().cycle(), wide.into_iter().cycle());
        let fill = |c: char| match c {
            GAP | NARROW => narrow.next().unwrap_or_default().to_owned(),
            WIDE => wide.next().unwrap_or_default().to_owned(),
            other => other.to_string(),
        };
        file.chars().map(fill).collect()
    })
}

/// The tokens with what is rewritten, without blanks.
fn tokens(source: &str) -> Vec<String> {
    let cut = lex::cut(source).tokens;
    let places = grammar::check(&cut, source.len()).unwrap();
    rewrite(cut, &places).into_iter().map(|token| token.text.into_owned()).collect()
}

proptest! {
    #[test]
    fn soup_never_panics(source in soup()) {
        let cut = lex::cut(&source);
        let whole: usize = cut.tokens.iter().map(|token| token.blanks + token.text.len()).sum();
        prop_assert_eq!(whole + cut.tail, source.len());
        lay_out(cut.tokens, cut.tail);
        match format(&source) {
            Ok(formatted) => prop_assert!(format(&formatted).is_ok(), "{}", formatted),
            Err(error) => prop_assert!(source.is_char_boundary(error.offset)),
        }
    }

    #[test]
    fn any_text_never_panics(source in "\\PC*") {
        let _ = format(&source);
        let _ = format(&format!("a = \"{source}\"\n"));
        let _ = format(&format!("a = <<E\n{source}\nE\n"));
    }

    #[test]
    fn a_file_keeps_its_tokens_and_stays_formatted(source in scruffy_file()) {
        let formatted = format(&source);
        prop_assert!(formatted.is_ok(), "{:?}\n{}", formatted, source);
        let formatted = formatted.unwrap();
        prop_assert_eq!(tokens(&source), tokens(&formatted), "{}", &formatted);
        prop_assert_eq!(format(&formatted), Ok(formatted));
    }
}

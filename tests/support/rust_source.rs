//! Rust source as the tidy rules see it: code, comments and string literals apart.
//!
//! A lexer of what matters to that, no parser. `code` keeps every line where it was,
//! with comments gone and strings emptied, so that a word found there is a word of code.
//! Invariant: `code` has as many lines as the file.

/// One file.
pub struct RustSource {
    /// Path from the top of the repository.
    pub path: String,
    /// As it stands.
    pub text: String,
    /// Without comments and without the content of strings.
    pub code: String,
    /// Its string literals, in order.
    pub literals: Vec<Literal>,
}

/// A string literal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Literal {
    /// Line of its first character, from 1.
    pub line: usize,
    /// What stands between the quotes, escapes as written.
    pub text: String,
}

impl RustSource {
    /// Reads a file's text.
    pub fn new(path: &str, text: &str) -> RustSource {
        let mut lexer = Lexer { rest: text, line: 1, code: String::new(), literals: Vec::new() };
        lexer.run();
        RustSource {
            path: path.to_owned(),
            text: text.to_owned(),
            code: lexer.code,
            literals: lexer.literals,
        }
    }

    /// Whether the whole file is tests: by its name or by where it lies.
    pub fn is_test(&self) -> bool {
        let mut parts = self.path.split('/');
        parts.any(|part| part == "tests" || part == "tests.rs" || part == "testing" || part == "benches")
    }

    /// Number of the first line of an inline `mod tests { … }`, which always comes last, or of the end.
    pub fn shipped_lines(&self) -> usize {
        let start = self.code.find("#[cfg(test)]\nmod tests {").unwrap_or(self.code.len());
        self.code[..start].lines().count()
    }

    /// The lines of code that reach users, with their numbers.
    pub fn shipped(&self) -> impl Iterator<Item = (usize, &str)> {
        let lines = if self.is_test() { 0 } else { self.shipped_lines() };
        self.code.lines().take(lines).zip(1..).map(|(line, number)| (number, line))
    }
}

struct Lexer<'a> {
    rest: &'a str,
    line: usize,
    code: String,
    literals: Vec<Literal>,
}

impl Lexer<'_> {
    fn run(&mut self) {
        while let Some(first) = self.rest.chars().next() {
            if self.rest.starts_with("//") {
                let length = self.rest.find('\n').unwrap_or(self.rest.len());
                self.skip(length);
            } else if self.rest.starts_with("/*") {
                let length = block_comment(self.rest);
                self.skip(length);
            } else if let Some((start, end, length)) = self.string() {
                let text = self.rest[start..end].to_owned();
                self.literals.push(Literal { line: self.line, text });
                self.code.push('"');
                self.skip(length);
                self.code.push('"');
            } else {
                let length = character(self.rest).unwrap_or(first.len_utf8());
                self.keep(length);
            }
        }
    }

    /// Start and end of the content, and length, of the string that begins here.
    fn string(&self) -> Option<(usize, usize, usize)> {
        let inside_word = self.code.ends_with(|last: char| last.is_alphanumeric() || last == '_');
        let prefix = if inside_word { 0 } else { prefix(self.rest) };
        let after = &self.rest[prefix..];
        let raw = self.rest[..prefix].ends_with('r');
        let hashes = if raw { after.len() - after.trim_start_matches('#').len() } else { 0 };
        if !after[hashes..].starts_with('"') {
            return None;
        }
        let start = prefix + hashes + 1;
        let content = &self.rest[start..];
        let end =
            if raw { content.find(&format!("\"{}", "#".repeat(hashes))) } else { closing_quote(content) };
        let end = start + end.unwrap_or(content.len());
        Some((start, end, (end + 1 + hashes).min(self.rest.len())))
    }

    /// Passes over text, keeping its line ends.
    fn skip(&mut self, length: usize) {
        let lines = self.rest[..length].matches('\n').count();
        self.code.push_str(&"\n".repeat(lines));
        self.line += lines;
        self.rest = &self.rest[length..];
    }

    fn keep(&mut self, length: usize) {
        self.code.push_str(&self.rest[..length]);
        self.line += self.rest[..length].matches('\n').count();
        self.rest = &self.rest[length..];
    }
}

/// Length of `b`, `c`, `r`, `br` or `cr` before a quote or a `#`.
fn prefix(text: &str) -> usize {
    let opens = |length: usize| text[length..].starts_with(['"', '#']);
    ["br", "cr", "b", "c", "r"]
        .into_iter()
        .find(|prefix| text.starts_with(prefix) && opens(prefix.len()))
        .map_or(0, str::len)
}

fn closing_quote(content: &str) -> Option<usize> {
    let mut escaped = false;
    content.bytes().position(|byte| {
        let closes = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        closes
    })
}

/// Length of a block comment; they nest.
fn block_comment(text: &str) -> usize {
    let mut depth = 0;
    let mut at = 0;
    while at < text.len() {
        let rest = &text.as_bytes()[at..];
        match (rest.starts_with(b"/*"), rest.starts_with(b"*/")) {
            (true, _) => (depth, at) = (depth + 1, at + 2),
            (_, true) => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            return at;
        }
    }
    text.len()
}

/// Length of a character literal, which may hold a quote; a lifetime is none.
fn character(text: &str) -> Option<usize> {
    let content = text.strip_prefix('\'')?;
    if content.starts_with('\\') {
        return content[2..].find('\'').map(|end| end + 4);
    }
    let first = content.chars().next()?.len_utf8();
    content[first..].starts_with('\'').then_some(first + 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Code, then literals with their lines.
    #[track_caller]
    fn check(text: &str, code: &str, literals: &[(usize, &str)]) {
        let source = RustSource::new("src/x.rs", text);
        assert_eq!(source.code, code);
        let found: Vec<(usize, &str)> =
            source.literals.iter().map(|literal| (literal.line, literal.text.as_str())).collect();
        assert_eq!(found, literals);
    }

    #[test]
    fn code_comments_and_strings_come_apart() {
        check("let a = 1; // \"no\"\nb", "let a = 1; \nb", &[]);
        check("a /* x /* \n */ \" */ b", "a \n b", &[]);
        check(r#"f("a\"b", "c") d"#, r#"f("", "") d"#, &[(1, r#"a\"b"#), (1, "c")]);
        check("x\nr#\"a \" \n b\"# y", "x\n\"\n\" y", &[(2, "a \" \n b")]);
        check(
            "br\"a\\\" b\"c\" c'\"' '\\'' 'x: \"d\"",
            "\"\" \"\" c'\"' '\\'' 'x: \"\"",
            &[(1, "a\\"), (1, "c"), (1, "d")],
        );
        check("for r in bar\"z\"", "for r in bar\"\"", &[(1, "z")]);
        check("'ü' \"ü", "'ü' \"\"", &[(1, "ü")]);
    }

    #[test]
    fn tests_are_not_shipped() {
        let source =
            RustSource::new("engine/src/x.rs", "fn a() {}\n\n#[cfg(test)]\nmod tests {\n    fn b() {}\n}\n");
        assert_eq!(source.shipped().collect::<Vec<_>>(), [(1, "fn a() {}"), (2, "")]);
        assert_eq!(RustSource::new("engine/src/x/tests.rs", "fn a() {}").shipped().count(), 0);
    }
}

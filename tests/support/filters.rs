//! Makes output the same in every run: paths, ports, times and digests get names.
//!
//! Literal filters first, the longest before the shorter ones, then patterns. Not a
//! regular expression engine: three fixed patterns are all that roleform's output needs.
//! Invariant: a filter replaces whole words only, so `1.25 s` in `v1.25 s3` stays.

/// What to replace with what.
#[derive(Clone, Debug, Default)]
pub struct Filters {
    literals: Vec<(String, String)>,
}

impl Filters {
    /// Replaces this text wherever it stands.
    pub fn hide(&mut self, text: &str, name: &str) {
        assert!(!text.is_empty(), "an empty text is everywhere");
        self.literals.push((text.to_owned(), name.to_owned()));
        // The longest first: the project's directory lies in a directory that is hidden too.
        self.literals.sort_by_key(|(text, _)| std::cmp::Reverse(text.len()));
    }

    /// Applies every filter.
    pub fn apply(&self, text: &str) -> String {
        let mut result = text.to_owned();
        for (hidden, name) in &self.literals {
            result = result.replace(hidden, name);
        }
        patterns(&result)
    }
}

/// Replaces times, durations and digests: `[TIME]`, `[DURATION]`, `[DIGEST]`.
fn patterns(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    let mut inside_word = false;
    while let Some(first) = rest.chars().next() {
        let found = if inside_word { None } else { pattern(rest) };
        match found {
            Some((length, name)) => {
                result.push_str(name);
                rest = &rest[length..];
                inside_word = true;
            }
            None => {
                result.push(first);
                rest = &rest[first.len_utf8()..];
                inside_word = is_word(first) || first == '.';
            }
        }
    }
    result
}

/// Length and name of the pattern that `text` starts with.
fn pattern(text: &str) -> Option<(usize, &'static str)> {
    let candidates = [(time(text), "[TIME]"), (duration(text), "[DURATION]"), (digest(text), "[DIGEST]")];
    candidates.into_iter().find_map(|(length, name)| {
        let length = length?;
        let ends_here = !text[length..].starts_with(is_word);
        ends_here.then_some((length, name))
    })
}

/// `2026-01-31T08:15:00.123Z`, with a space for the T, with an offset, with ` UTC`, or bare.
fn time(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let shape = b"dddd-dd-ddTdd:dd:dd";
    let fits = |(byte, wanted): (&u8, &u8)| match wanted {
        b'd' => byte.is_ascii_digit(),
        b'T' => *byte == b'T' || *byte == b' ',
        other => byte == other,
    };
    if bytes.len() < shape.len() || !bytes.iter().zip(shape).all(fits) {
        return None;
    }
    let mut end = shape.len();
    if text[end..].starts_with('.') {
        end += 1 + digits(&text[end + 1..]);
    }
    let rest = &text[end..];
    let zone = ["Z", " UTC"].into_iter().find(|zone| rest.starts_with(zone)).map(str::len);
    let offset = rest.starts_with(['+', '-']) && digits(&rest[1..]) == 2 && rest[3..].starts_with(':');
    Some(end + zone.unwrap_or(if offset { 6.min(rest.len()) } else { 0 }))
}

/// `0.42 s`, `1.5s`, `3.25 ms`. Without a fraction it may be a setting, such as `30s`, which must be seen.
fn duration(text: &str) -> Option<usize> {
    let whole = digits(text);
    let fraction = text[whole..].strip_prefix('.').map(digits)?;
    if whole == 0 || fraction == 0 {
        return None;
    }
    let number = whole + 1 + fraction;
    let space = usize::from(text[number..].starts_with(' '));
    let unit = ["ms", "µs", "s"].into_iter().find(|unit| text[number + space..].starts_with(unit))?;
    Some(number + space + unit.len())
}

/// 32 hexadecimal digits or more.
fn digest(text: &str) -> Option<usize> {
    let length = text.bytes().take_while(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')).count();
    (length >= 32).then_some(length)
}

fn digits(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_digit).count()
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_between_runs_is_hidden() {
        let digest = "0123456789abcdef".repeat(4);
        let mut filters = Filters::default();
        filters.hide("/tmp/x", "[DIRECTORY]");
        filters.hide("/tmp/x/project", "[PROJECT]");
        let cases = [
            ("in /tmp/x/project/main.hcl, not /tmp/x", "in [PROJECT]/main.hcl, not [DIRECTORY]"),
            ("made 2026-01-31T08:15:00Z by ana", "made [TIME] by ana"),
            ("2026-01-31 08:15:00.123456+02:00.", "[TIME]."),
            ("(2026-01-31 08:15:00 UTC)", "([TIME])"),
            ("valid until 2027-01-01", "valid until 2027-01-01"),
            ("done in 0.42 s, 1.5s, 3.25 ms", "done in [DURATION], [DURATION], [DURATION]"),
            ("statement_timeout = 30s", "statement_timeout = 30s"),
            ("version 15.18 seen, 1.2.3 s", "version 15.18 seen, 1.2.3 s"),
            (&format!("id {digest}, x{digest}"), &format!("id [DIGEST], x{digest}")),
            ("ünïcode µ 0.5 µs", "ünïcode µ [DURATION]"),
        ];
        for (text, expected) in cases {
            assert_eq!(filters.apply(text), expected);
        }
    }
}

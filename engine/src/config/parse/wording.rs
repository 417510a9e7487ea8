//! The parser's complaints in Terraform's words.
//!
//! hcl-rs says "invalid expression; expected …"; people know "Missing newline after
//! argument". Not here: where the error stands (`super`). Invariant: whatever the
//! parser says becomes some sentence; nothing it says is swallowed.

/// Summary and detail for an error of the parser at an offset of a text.
pub(crate) fn reworded(message: &str, text: &str, offset: usize) -> (&'static str, String) {
    let rest = text.get(offset..).unwrap_or_default();
    if message.contains("found redefined attribute") {
        let name: String = rest.chars().take_while(|c| !c.is_whitespace() && *c != '=').collect();
        return (
            "Attribute redefined",
            format!(
                "The argument \"{name}\" was already set in this block. Each argument may be set only once."
            ),
        );
    }
    if message.contains("found redefined object key") {
        return (
            "Duplicate object key",
            "This object has the same key twice. Each key may be set only once.".to_owned(),
        );
    }
    if message.contains("nesting depth") || message.contains("chained binary operators") {
        return (
            "Expression too deep",
            "The configuration is nested more than 64 levels deep here, or chains more than 128 operators. Give parts of it names with local values.".to_owned(),
        );
    }
    match known(message, rest) {
        Some((summary, detail)) => (summary, detail.to_owned()),
        None => other(message, rest),
    }
}

/// Complaints by what their text begins with or contains; the first that fits.
fn known(message: &str, rest: &str) -> Option<Words> {
    let missing = if rest.trim().is_empty() { MISSING_EXPRESSION } else { INVALID_EXPRESSION };
    let line_end = match rest.chars().next() {
        _ if starts_with_operator(rest) => MISSING_OPERAND,
        Some(',') => COMMA,
        Some('.') => INVALID_ATTRIBUTE_NAME,
        _ => MISSING_NEWLINE,
    };
    let table = [
        ("invalid expression;", missing),
        ("invalid structure;", INVALID_BLOCK),
        ("newline or eof", line_end),
        ("invalid block body", INVALID_BODY),
        ("invalid object item", MISSING_ATTRIBUTE_SEPARATOR),
        ("invalid object value assignment", MISSING_KEY_SEPARATOR),
        ("invalid escape sequence", INVALID_ESCAPE),
        ("hex code", INVALID_ESCAPE),
        ("invalid traversal operator", INVALID_ATTRIBUTE_NAME),
        ("heredoc end", UNTERMINATED_STRING),
        ("`)`", MISSING_ARGUMENT_SEPARATOR),
        ("endif", UNEXPECTED_END),
        ("endfor", UNEXPECTED_END),
    ];
    let whole = [
        ("expected `]`", MISSING_ITEM_SEPARATOR),
        ("expected `}`", EXTRA_IN_INTERPOLATION),
        ("expected `:`", MISSING_COLON),
        ("expected identifier", INVALID_NAME),
    ];
    let alone = whole.iter().find(|(text, _)| message == *text);
    alone.or_else(|| table.iter().find(|(part, _)| message.contains(part))).map(|(_, words)| *words)
}

/// Whether an operator is what the parser could not go on with.
fn starts_with_operator(rest: &str) -> bool {
    let operators = ["+", "-", "*", "%", "==", "!=", "<", ">", "&&", "||", "?"];
    operators.iter().any(|operator| rest.starts_with(operator))
        || (rest.starts_with('/') && !rest.starts_with("//"))
}

type Words = (&'static str, &'static str);

const MISSING_EXPRESSION: Words =
    ("Missing expression", "Expected the start of an expression, but found the end of the file.");
const INVALID_EXPRESSION: Words =
    ("Invalid expression", "Expected the start of an expression, but found an invalid expression token.");
const MISSING_OPERAND: Words = (
    "Invalid expression",
    "Expected the start of an expression after this operator. A line break ends an expression unless it stands in parentheses.",
);
const INVALID_BLOCK: Words = (
    "Invalid block definition",
    "Either a quoted string block label or an opening brace (\"{\") is expected here, or an equals sign (\"=\") to set an argument.",
);
pub(super) const COMMA: Words = (
    "Unexpected comma after argument",
    "Argument definitions must be separated by newlines, not commas. An argument definition must end with a newline.",
);
pub(super) const MISSING_NEWLINE: Words =
    ("Missing newline after argument", "An argument definition must end with a newline.");
const INVALID_BODY: Words = (
    "Argument or block definition required",
    "An argument or block definition is required here. To set an argument, use the equals sign \"=\" to introduce the argument value. A block with more than one argument needs a line for each.",
);
const MISSING_ATTRIBUTE_SEPARATOR: Words = (
    "Missing attribute separator",
    "Expected a newline or comma to mark the beginning of the next attribute.",
);
const MISSING_KEY_SEPARATOR: Words = (
    "Missing key/value separator",
    "Expected an equals sign (\"=\") to mark the beginning of the attribute value.",
);
const INVALID_ESCAPE: Words = (
    "Invalid escape sequence",
    "This is not a valid escape sequence. The escapes are \\n, \\r, \\t, \\\", \\\\, \\uNNNN and \\UNNNNNNNN.",
);
const INVALID_ATTRIBUTE_NAME: Words =
    ("Invalid attribute name", "An attribute name is required after a dot.");
const UNTERMINATED_STRING: Words =
    ("Unterminated template string", "No closing marker was found for the string.");
const MISSING_ITEM_SEPARATOR: Words =
    ("Missing item separator", "Expected a comma to mark the beginning of the next item.");
const MISSING_ARGUMENT_SEPARATOR: Words = (
    "Missing argument separator",
    "A comma is required to separate each function argument from the next, and a closing parenthesis to end them.",
);
const EXTRA_IN_INTERPOLATION: Words = (
    "Extra characters after expression",
    "Expected a closing brace here, but found extra characters after the expression.",
);
const MISSING_COLON: Words = (
    "Missing colon",
    "A colon is required here: between the results of a conditional, or after the collection of a 'for' expression.",
);
const UNEXPECTED_END: Words =
    ("Unexpected end of template", "A template directive is missing its corresponding end directive.");
const INVALID_NAME: Words =
    ("Invalid name", "A name is required here: a letter, then letters, digits, \"_\" and \"-\".");

/// What a value is called of which the parser does not know what is wrong with it.
pub(super) fn of_value(text: &str) -> Words {
    if text.starts_with(['"', '<']) { INVALID_TEMPLATE } else { UNREADABLE }
}

/// The summary where all that is known are the parser's words.
pub(super) const UNKNOWN: &str = "Invalid syntax";

const INVALID_TEMPLATE: Words = (
    "Invalid template",
    "This string cannot be read. Check the interpolations \"${ … }\" and directives \"%{ … }\" inside it, and that every directive has its end.",
);
const UNREADABLE: Words = (
    "Invalid expression",
    "Expected an expression, and this is not the whole of one. Check its operators, and the parts of a 'for' or a conditional.",
);

/// Anything else keeps the parser's words.
fn other(message: &str, rest: &str) -> (&'static str, String) {
    if rest.starts_with('"') {
        let (summary, detail) = INVALID_TEMPLATE;
        return (summary, detail.to_owned());
    }
    let mut sentence = message.to_owned();
    if let Some(first) = sentence.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    (UNKNOWN, format!("{sentence}."))
}

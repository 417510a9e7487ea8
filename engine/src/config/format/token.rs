//! Tokens of HCL source: the text cut up so that nothing is lost.
//!
//! Not here: cutting (`lex`) and meaning (`grammar`). Invariant: the texts of
//! all tokens, with the blanks between them, are the source.

use std::borrow::Cow;

/// What a token is, as finely as the grammar and the spacing rules need it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Identifier,
    Number,
    /// `"` at either end of a quoted template.
    OpenQuote,
    CloseQuote,
    /// `<<NAME` or `<<-NAME` with its line end, and the line that ends it, without.
    OpenHeredoc,
    CloseHeredoc,
    /// Literal text of a template in quotes, with its escapes.
    QuotedText,
    /// Literal text of a heredoc, line ends included.
    HeredocText,
    /// `${`, `${~`, `%{` or `%{~`, and `}` or `~}` at the end of either.
    OpenInterpolation,
    OpenDirective,
    CloseTemplate,
    OpenBrace,
    CloseBrace,
    OpenBracket,
    CloseBracket,
    OpenParen,
    CloseParen,
    Equal,
    Colon,
    DoubleColon,
    Comma,
    Dot,
    Ellipsis,
    FatArrow,
    Question,
    Bang,
    Plus,
    Minus,
    Star,
    Slash,
    Percent,
    /// `==`, `!=`, `<`, `<=`, `>`, `>=`.
    Comparison,
    /// `&&`, `||`.
    Logical,
    /// `# …` or `// …` with its line end, or `/* … */`.
    Comment,
    /// A line end outside comments and templates.
    Newline,
    /// What belongs to no token of the language.
    Invalid,
    /// The end of the source; only the parser sees it, there is no such token.
    End,
}

impl Kind {
    /// How many brackets are open after a token of this kind more than before it.
    pub(super) fn nesting(self) -> isize {
        match self {
            Kind::OpenBrace
            | Kind::OpenBracket
            | Kind::OpenParen
            | Kind::OpenInterpolation
            | Kind::OpenDirective => 1,
            Kind::CloseBrace | Kind::CloseBracket | Kind::CloseParen | Kind::CloseTemplate => -1,
            _ => 0,
        }
    }
}

/// One token.
#[derive(Clone, Debug)]
pub(super) struct Token<'a> {
    pub(super) kind: Kind,
    /// As written; owned when formatting made or changed it.
    pub(super) text: Cow<'a, str>,
    /// Blanks before it on its line; layout overwrites them.
    pub(super) blanks: usize,
    /// Where it starts in the source, in bytes.
    pub(super) offset: usize,
}

impl Token<'_> {
    /// Whether a line of the file ends with this token. Comments to the end of
    /// the line carry their line end.
    pub(super) fn ends_line(&self) -> bool {
        match self.kind {
            Kind::Newline => true,
            Kind::Comment => self.text.ends_with('\n'),
            _ => false,
        }
    }
}

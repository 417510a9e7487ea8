//! The grammar of expressions.
//!
//! Precedence does not matter to a recogniser, so an expression is operands
//! with operators between them. Invariant: as in `grammar`.

use super::grammar::{Parsed, Parser};
use super::token::Kind;

const VALUE: &str = "An expression is required here.";

impl Parser<'_, '_> {
    /// A whole expression, conditionals included.
    pub(super) fn expression(&mut self) -> Parsed {
        loop {
            self.operation()?;
            if !self.accept(Kind::Question) {
                return Ok(());
            }
            self.within(self.line_ends_matter(), Self::expression)?;
            self.expect(
                Kind::Colon,
                "The conditional operator (...?...:...) requires a false expression, delimited by a colon.",
            )?;
        }
    }

    fn operation(&mut self) -> Parsed {
        loop {
            while self.accept(Kind::Minus) || self.accept(Kind::Bang) {}
            self.term()?;
            self.traversal()?;
            match self.peek() {
                Kind::Plus
                | Kind::Minus
                | Kind::Star
                | Kind::Slash
                | Kind::Percent
                | Kind::Comparison
                | Kind::Logical => self.take(),
                _ => return Ok(()),
            };
        }
    }

    fn term(&mut self) -> Parsed {
        match self.peek() {
            Kind::Identifier => {
                self.take();
                match self.peek() {
                    Kind::OpenParen | Kind::DoubleColon => self.call(),
                    _ => Ok(()),
                }
            }
            Kind::Number => self.number(),
            Kind::OpenQuote => self.template(Kind::CloseQuote),
            Kind::OpenHeredoc => self.template(Kind::CloseHeredoc),
            Kind::OpenParen => self.parentheses(),
            Kind::OpenBracket => self.tuple(),
            Kind::OpenBrace => self.object(),
            _ => Err(self.error(VALUE)),
        }
    }

    fn parentheses(&mut self) -> Parsed {
        self.take();
        self.within(false, |parser| {
            parser.expression()?;
            parser.expect(Kind::CloseParen, "A closing parenthesis is required here.")
        })
    }

    fn number(&mut self) -> Parsed {
        let text = self.text();
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, ""));
        if mantissa.matches('.').count() > 1 || exponent.contains(['.', 'e', 'E']) {
            return Err(self.error("This is not a valid number."));
        }
        self.take();
        Ok(())
    }

    /// What may follow a term: attributes, indices and splats.
    fn traversal(&mut self) -> Parsed {
        let mut splat = false;
        loop {
            if self.accept(Kind::Dot) {
                match self.peek() {
                    Kind::Identifier => {}
                    Kind::Number if !self.text().contains('.') => {}
                    Kind::Star if !splat => splat = true,
                    _ => {
                        return Err(
                            self.error("An attribute name, an index or one \"*\" is required after a dot.")
                        );
                    }
                }
                self.take();
            } else if self.accept(Kind::OpenBracket) {
                splat = false;
                self.index()?;
            } else {
                return Ok(());
            }
        }
    }

    fn index(&mut self) -> Parsed {
        const CLOSE: &str = "A closing bracket is required after an index.";
        if self.accept(Kind::Star) {
            return self.expect(Kind::CloseBracket, CLOSE);
        }
        self.within(false, |parser| {
            parser.expression()?;
            parser.expect(Kind::CloseBracket, CLOSE)
        })
    }

    /// From after the first name of a function to the closing parenthesis.
    fn call(&mut self) -> Parsed {
        while self.accept(Kind::DoubleColon) {
            self.expect(Kind::Identifier, "A function name is required after \"::\".")?;
        }
        if self.peek() != Kind::OpenParen {
            return Err(self.error("A function call needs its arguments in parentheses."));
        }
        self.take();
        self.within(false, |parser| {
            loop {
                if parser.accept(Kind::CloseParen) {
                    return Ok(());
                }
                parser.expression()?;
                let last = parser.accept(Kind::Ellipsis);
                if last || !parser.accept(Kind::Comma) {
                    return parser.expect(
                        Kind::CloseParen,
                        "A comma is required to separate each function argument from the next.",
                    );
                }
            }
        })
    }

    fn tuple(&mut self) -> Parsed {
        self.take();
        self.within(false, |parser| {
            if parser.text() == "for" {
                return parser.comprehension(Kind::CloseBracket);
            }
            loop {
                if parser.accept(Kind::CloseBracket) {
                    return Ok(());
                }
                parser.expression()?;
                if !parser.accept(Kind::Comma) {
                    return parser
                        .expect(Kind::CloseBracket, "A comma is required between the items of a list.");
                }
            }
        })
    }

    fn object(&mut self) -> Parsed {
        self.take();
        let mut comprehension = false;
        self.within(false, |parser| {
            comprehension = parser.text() == "for";
            if comprehension { parser.comprehension(Kind::CloseBrace) } else { Ok(()) }
        })?;
        if comprehension {
            return Ok(());
        }
        self.within(true, |parser| {
            loop {
                while parser.accept(Kind::Newline) {}
                if parser.accept(Kind::CloseBrace) {
                    return Ok(());
                }
                parser.expression()?;
                if !parser.accept(Kind::Equal) {
                    parser.expect(Kind::Colon, "An equals sign or a colon is required after a key.")?;
                }
                parser.expression()?;
                if !parser.accept(Kind::Comma) && !parser.accept(Kind::Newline) {
                    return parser.expect(
                        Kind::CloseBrace,
                        "A newline or a comma is required between the attributes of an object.",
                    );
                }
            }
        })
    }

    /// From `for` to the closing bracket.
    fn comprehension(&mut self, close: Kind) -> Parsed {
        let object = close == Kind::CloseBrace;
        self.take();
        self.for_introduction()?;
        self.expect(Kind::Colon, "A \"for\" expression needs a colon after its collection.")?;
        self.expression()?;
        if object {
            self.expect(
                Kind::FatArrow,
                "A \"for\" expression that makes an object needs \"=>\" after its key.",
            )?;
            self.expression()?;
            self.accept(Kind::Ellipsis);
        }
        if self.text() == "if" {
            self.take();
            self.expression()?;
        }
        self.expect(close, "The \"for\" expression must be closed here.")
    }

    /// `NAME in …` or `NAME, NAME in …`.
    pub(super) fn for_introduction(&mut self) -> Parsed {
        const NAME: &str = "A \"for\" needs a name here.";
        self.expect(Kind::Identifier, NAME)?;
        if self.accept(Kind::Comma) {
            self.expect(Kind::Identifier, NAME)?;
        }
        if self.text() != "in" {
            return Err(self.error("A \"for\" needs the keyword \"in\" after its names."));
        }
        self.take();
        self.expression()
    }
}

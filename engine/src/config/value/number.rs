//! Numbers of the configuration language: exact decimals.
//!
//! Terraform computes with 512-bit binary floats; here every sum and product of
//! decimals is exact up to [`DIGITS`] significant digits, so `1.1 * 1.1` is 1.21.
//! Not here: conversions from text with their messages (`convert`).
//! Invariant: the digits and the exponent are bounded, so that no expression can
//! allocate without bound, and the form is normal: equal numbers are equal values.

use std::fmt;
use std::str::FromStr;

use bigdecimal::num_bigint::{BigInt, Sign};
use bigdecimal::num_traits::ToPrimitive;
use bigdecimal::{BigDecimal, RoundingMode, Signed, Zero};

/// Significant digits kept, about what 512 bits hold.
const DIGITS: u64 = 155;

/// Largest power of ten, up or down.
const EXPONENT: i64 = 10_000;

/// Longest text that is read as a number.
const TEXT: usize = 4_096;

/// A number of the configuration language.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Number(BigDecimal);

impl Number {
    /// Brings a decimal into bounds; `None` when it is too large for them.
    fn bounded(decimal: BigDecimal) -> Option<Number> {
        if decimal.is_zero() {
            return Some(Number(BigDecimal::zero()));
        }
        let rounded = if decimal.digits() > DIGITS { decimal.with_prec(DIGITS) } else { decimal };
        let normal = rounded.normalized();
        let (_, scale) = normal.as_bigint_and_scale();
        if scale < -EXPONENT {
            None
        } else if scale > EXPONENT {
            Some(Number(BigDecimal::zero()))
        } else {
            Some(Number(normal))
        }
    }

    /// Zero.
    pub(crate) fn zero() -> Number {
        Number(BigDecimal::zero())
    }

    /// Reads decimal notation: digits, an optional fraction, an optional exponent.
    pub(crate) fn parse(text: &str) -> Option<Number> {
        let plain = text.len() <= TEXT
            && text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-'))
            && text.bytes().any(|b| b.is_ascii_digit())
            && !text.starts_with('+');
        if !plain {
            return None;
        }
        BigDecimal::from_str(text).ok().and_then(Number::bounded)
    }

    /// Reads a whole number in a base of 2 to 62 (digits, then a–z, then A–Z).
    pub(crate) fn parse_integer(text: &str, base: u32) -> Option<Number> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        if digits.is_empty() || digits.len() > TEXT {
            return None;
        }
        let mut total = BigInt::zero();
        for byte in digits.bytes() {
            let digit = match byte {
                b'0'..=b'9' => u32::from(byte - b'0'),
                b'a'..=b'z' => u32::from(byte - b'a') + 10,
                b'A'..=b'Z' if base <= 36 => u32::from(byte - b'A') + 10,
                b'A'..=b'Z' => u32::from(byte - b'A') + 36,
                _ => return None,
            };
            if digit >= base {
                return None;
            }
            total = total * base + digit;
        }
        Number::bounded(BigDecimal::from(if negative { -total } else { total }))
    }

    /// The nearest number to a binary float; `None` for infinities and NaN.
    pub(crate) fn from_f64(value: f64) -> Option<Number> {
        value.is_finite().then(|| format!("{value:?}")).and_then(|text| Number::parse(&text))
    }

    /// The nearest binary float.
    pub(crate) fn to_f64(&self) -> f64 {
        self.0.to_string().parse().unwrap_or(f64::INFINITY)
    }

    /// The number as a machine integer, when it is whole and small enough.
    pub(crate) fn to_i64(&self) -> Option<i64> {
        if self.is_whole() && self.0.abs() < u64::MAX { self.0.to_i64() } else { None }
    }

    /// The number as an index or length, when it is whole and not negative.
    pub(crate) fn to_usize(&self) -> Option<usize> {
        self.to_i64().and_then(|value| usize::try_from(value).ok())
    }

    /// Whether there is no fraction.
    pub(crate) fn is_whole(&self) -> bool {
        self.0.as_bigint_and_scale().1 <= 0
    }

    /// Whether it is below zero.
    pub(crate) fn is_negative(&self) -> bool {
        self.0.is_negative()
    }

    /// Whether it is zero.
    pub(crate) fn is_zero(&self) -> bool {
        self.0.is_zero()
    }

    /// The sum; `None` when out of bounds.
    pub(crate) fn add(&self, other: &Number) -> Option<Number> {
        Number::bounded(&self.0 + &other.0)
    }

    /// The difference; `None` when out of bounds.
    pub(crate) fn subtract(&self, other: &Number) -> Option<Number> {
        Number::bounded(&self.0 - &other.0)
    }

    /// The product; `None` when out of bounds.
    pub(crate) fn multiply(&self, other: &Number) -> Option<Number> {
        Number::bounded(&self.0 * &other.0)
    }

    /// The quotient; `None` when out of bounds or when dividing by zero.
    pub(crate) fn divide(&self, other: &Number) -> Option<Number> {
        if other.is_zero() {
            return None;
        }
        let (dividend, dividend_scale) = self.0.as_bigint_and_scale();
        let (divisor, divisor_scale) = other.0.as_bigint_and_scale();
        // Enough digits that rounding to DIGITS afterwards is right.
        let shift = DIGITS + other.0.digits() + 2;
        let power = BigInt::from(10).pow(u32::try_from(shift).unwrap_or(u32::MAX));
        let quotient = dividend.as_ref() * power / divisor.as_ref();
        let scale = dividend_scale - divisor_scale + i64::try_from(shift).unwrap_or(i64::MAX);
        let exact = BigDecimal::new(quotient, scale);
        Number::bounded(exact.with_prec(DIGITS))
    }

    /// The remainder with the sign of the dividend; `None` when dividing by zero.
    pub(crate) fn remainder(&self, other: &Number) -> Option<Number> {
        if other.is_zero() {
            return None;
        }
        let whole = Number(self.divide(other)?.0.with_scale_round(0, RoundingMode::Down));
        self.subtract(&Number::bounded(whole.0)?.multiply(other)?)
    }

    /// The number with the other sign.
    pub(crate) fn negate(&self) -> Number {
        Number(-&self.0)
    }

    /// Without its sign.
    pub(crate) fn absolute(&self) -> Number {
        Number(self.0.abs())
    }

    /// The next whole number upwards.
    pub(crate) fn ceiling(&self) -> Number {
        Number(self.0.with_scale_round(0, RoundingMode::Ceiling).normalized())
    }

    /// The next whole number downwards.
    pub(crate) fn floor(&self) -> Number {
        Number(self.0.with_scale_round(0, RoundingMode::Floor).normalized())
    }

    /// A whole power, by squaring; `None` when out of bounds.
    pub(crate) fn power(&self, exponent: u32) -> Option<Number> {
        let mut result = Number::from(1_i64);
        let mut square = self.clone();
        let mut left = exponent;
        while left > 0 {
            if left & 1 == 1 {
                result = result.multiply(&square)?;
            }
            left >>= 1;
            if left > 0 {
                square = square.multiply(&square)?;
            }
        }
        Some(result)
    }

    /// Digits after the point fixed, half to even, as `%.2f` prints.
    pub(crate) fn fixed(&self, places: u16) -> String {
        let rounded = self.0.with_scale_round(i64::from(places), RoundingMode::HalfEven);
        rounded.to_plain_string()
    }

    /// A whole number in a base of 2 to 36, with small letters and a sign when negative.
    pub(crate) fn in_base(&self, base: u32) -> String {
        let (whole, _) = self.0.with_scale(0).into_bigint_and_exponent();
        whole.to_str_radix(base)
    }

    /// Significant digits and the power of ten of the first: `1234.5` is `("12345", 3)`.
    pub(crate) fn scientific(&self) -> (String, i64) {
        let (digits, scale) = self.0.as_bigint_and_scale();
        let text = digits.magnitude().to_string();
        let exponent = i64::try_from(text.len()).unwrap_or(i64::MAX) - 1 - scale;
        (text, if digits.sign() == Sign::NoSign { 0 } else { exponent })
    }

    /// Rounded to so many significant digits, half to even.
    pub(crate) fn significant(&self, digits: u16) -> Number {
        let (_, exponent) = self.scientific();
        let scale = i64::from(digits) - 1 - exponent;
        Number(self.0.with_scale_round(scale, RoundingMode::HalfEven).normalized())
    }
}

impl From<i64> for Number {
    fn from(value: i64) -> Number {
        Number(BigDecimal::from(value).normalized())
    }
}

impl From<usize> for Number {
    fn from(value: usize) -> Number {
        Number(BigDecimal::from(u64::try_from(value).unwrap_or(u64::MAX)).normalized())
    }
}

impl fmt::Display for Number {
    /// Plain decimal notation, never an exponent, as Terraform prints numbers.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.to_plain_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Number {
        Number::parse(text).unwrap()
    }

    #[test]
    fn arithmetic_is_exact_and_bounded() {
        assert_eq!(number("1.1").multiply(&number("1.1")).unwrap().to_string(), "1.21");
        assert_eq!(number("-7").remainder(&number("3")).unwrap().to_string(), "-1");
        assert_eq!(number("5.5").remainder(&number("2")).unwrap().to_string(), "1.5");
        assert_eq!(number("10").divide(&number("4")).unwrap().to_string(), "2.5");
        assert!(number("1").divide(&number("3")).unwrap().to_string().starts_with("0.3333"));
        assert_eq!(number("1e10000").multiply(&number("10")), None);
        assert_eq!(number("1").divide(&Number::zero()), None);
        assert_eq!(Number::parse("1e999999999"), None);
        assert_eq!(number("100").to_string(), "100");
        assert_eq!(number("1e-3").to_string(), "0.001");
    }

    #[test]
    fn only_decimal_notation_is_a_number() {
        for wrong in ["", ".", "+1", "0x10", " 1", "1_000", "NaN", "inf", "1e"] {
            assert_eq!(Number::parse(wrong), None, "{wrong}");
        }
        for right in ["1", "-1.50", "1e3", "1E-3", "007"] {
            assert!(Number::parse(right).is_some(), "{right}");
        }
    }

    #[test]
    fn forms_are_normal() {
        assert_eq!(number("1.50"), number("1.5"));
        assert_eq!(number("100"), number("1e2"));
        assert_eq!(number("2.5").fixed(0), "2");
        assert_eq!(number("255").in_base(16), "ff");
        assert_eq!(number("1234.5").scientific(), ("12345".to_owned(), 3));
        assert_eq!(Number::parse_integer("aZ", 62).unwrap().to_string(), "681");
    }
}

//! Text formats of numbers and strings in pickles.

use crate::network::import::fault::{Fault, damaged};

/// Decodes a signed number, lowest byte first.
pub(super) fn integer(bytes: &[u8]) -> Result<i128, Fault> {
    let negative = bytes.last().is_some_and(|byte| *byte >= 0x80);
    let mut wide = [if negative { 0xff } else { 0 }; 16];
    let target = wide.get_mut(..bytes.len()).ok_or_else(|| damaged("a number is too large"))?;
    target.copy_from_slice(bytes);
    Ok(i128::from_le_bytes(wide))
}

/// Decodes the byte string that Python 2 prints as `line`.
pub(super) fn unquote(line: &[u8]) -> Result<Vec<u8>, Fault> {
    let quoted = match line {
        [b'\'', quoted @ .., b'\''] | [b'"', quoted @ .., b'"'] => quoted,
        _ => return Err(endless()),
    };
    let mut bytes = Vec::with_capacity(quoted.len());
    let mut rest = quoted;
    while let [first, after @ ..] = rest {
        let (byte, after) = match (first, after) {
            (b'\\', [b'x', high, low, after @ ..]) => (hexadecimal(&[*high, *low])? as u8, after),
            (b'\\', [] | [b'x', ..]) => return Err(endless()),
            (b'\\', [escaped, after @ ..]) => (escape(*escaped), after),
            (byte, after) => (*byte, after),
        };
        bytes.push(byte);
        rest = after;
    }
    Ok(bytes)
}

fn endless() -> Fault {
    damaged("a string has no end")
}

fn escape(letter: u8) -> u8 {
    match letter {
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        other => other,
    }
}

/// Decodes the string that Python writes as `line`.
///
/// Bytes are the first 256 characters, `\uXXXX` and `\UXXXXXXXX` the others.
pub(super) fn unescape(line: &[u8]) -> Result<String, Fault> {
    let mut text = String::with_capacity(line.len());
    let mut rest = line;
    while let [first, after @ ..] = rest {
        let digits = match (first, after.first()) {
            (b'\\', Some(b'u')) => 4,
            (b'\\', Some(b'U')) => 8,
            _ => 0,
        };
        if digits == 0 {
            text.push(char::from(*first));
            rest = after;
        } else {
            let code = hexadecimal(rest.get(2..2 + digits).unwrap_or_default())?;
            text.push(char::from_u32(code).ok_or_else(|| damaged("a text has no such character"))?);
            rest = &rest[2 + digits..];
        }
    }
    Ok(text)
}

fn hexadecimal(digits: &[u8]) -> Result<u32, Fault> {
    let text = std::str::from_utf8(digits).ok();
    let number = text.and_then(|digits| u32::from_str_radix(digits, 16).ok());
    number.ok_or_else(|| damaged("a text has an escape that is no number"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_read_as_python_prints_them() {
        assert_eq!(unquote(br"'a\x00\xff\n\'\\'").unwrap(), b"a\x00\xff\n'\\");
        assert_eq!(unquote(br#""it's""#).unwrap(), b"it's");
        assert_eq!(unescape(b"\xe9\\u005cn\\U0001f600").unwrap(), "\u{e9}\\n\u{1f600}");
        for broken in [&b"'"[..], b"'a", b"a'", br"'\'", br"'\x1'", br"'\xzz'", b""] {
            assert!(unquote(broken).is_err(), "{broken:?}");
        }
        assert!(unescape(br"\u12").is_err() && unescape(br"\ud800").is_err());
    }

    #[test]
    fn numbers_have_their_sign_in_the_last_byte() {
        assert_eq!(integer(&[]).unwrap(), 0);
        assert_eq!(integer(&[0xff]).unwrap(), -1);
        assert_eq!(integer(&[0xff, 0x00]).unwrap(), 255);
        assert!(integer(&[1; 17]).is_err());
    }
}

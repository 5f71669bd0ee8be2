//! A file read forwards, with an eye on how much of it is left.

use std::io::{BufRead, Read};

use super::{Fault, broken};

/// The longest name or number in a pickle's text.
const MAX_LINE: u64 = 4096;

/// What is left of a file.
pub(super) struct Source<R> {
    reader: R,
    left: u64,
}

impl<R: BufRead> Source<R> {
    pub(super) fn new(reader: R, len: u64) -> Self {
        Self { reader, left: len }
    }

    /// The next `N` bytes.
    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], Fault> {
        let mut bytes = [0; N];
        self.reader.read_exact(&mut bytes)?;
        self.left = self.left.saturating_sub(N as u64);
        Ok(bytes)
    }

    /// The next `len` bytes; no memory is taken for more than the file has.
    pub(super) fn bytes(&mut self, len: u64) -> Result<Vec<u8>, Fault> {
        if len > self.left {
            return broken("it ends too early");
        }
        let mut bytes = vec![0; len as usize];
        self.reader.read_exact(&mut bytes)?;
        self.left -= len;
        Ok(bytes)
    }

    /// The text up to the next end of a line.
    pub(super) fn line(&mut self) -> Result<String, Fault> {
        let mut line = Vec::new();
        self.reader.by_ref().take(MAX_LINE).read_until(b'\n', &mut line)?;
        self.left = self.left.saturating_sub(line.len() as u64);
        if line.pop() != Some(b'\n') {
            return broken("a line has no end");
        }
        String::from_utf8(line).or_else(|_| broken("a name is no text"))
    }
}

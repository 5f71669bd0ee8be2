//! Reads the arguments of operations.

use std::io::{BufRead, Read};

use super::value::MAX_NAME_BYTES;
use crate::network::import::fault::{Fault, damaged, too_short};

/// The bytes of a pickle.
pub(super) struct Input<'a, R> {
    input: &'a mut R,
}

impl<'a, R: BufRead> Input<'a, R> {
    pub(super) fn new(input: &'a mut R) -> Self {
        Self { input }
    }

    pub(super) fn byte(&mut self) -> Result<u8, Fault> {
        self.fixed().map(|[byte]| byte)
    }

    /// Reads exactly `N` bytes.
    pub(super) fn fixed<const N: usize>(&mut self) -> Result<[u8; N], Fault> {
        let mut bytes = [0; N];
        self.input.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    /// Reads exactly `len` bytes. Memory grows with the bytes that are present.
    pub(super) fn take_bytes(&mut self, len: u64) -> Result<Vec<u8>, Fault> {
        let mut bytes = Vec::new();
        self.input.by_ref().take(len).read_to_end(&mut bytes)?;
        if bytes.len() as u64 == len { Ok(bytes) } else { Err(too_short()) }
    }

    /// Reads a line of at most the length of a name.
    pub(super) fn name_line(&mut self) -> Result<String, Fault> {
        let line = String::from_utf8(self.line()?).ok();
        let name = line.filter(|line| line.len() <= MAX_NAME_BYTES);
        name.ok_or_else(|| damaged("something else stands where a name is expected"))
    }

    /// Reads a line, without its end.
    pub(super) fn line(&mut self) -> Result<Vec<u8>, Fault> {
        let mut line = Vec::new();
        self.input.read_until(b'\n', &mut line)?;
        match line.pop() {
            Some(b'\n') => Ok(line),
            _ => Err(too_short()),
        }
    }
}

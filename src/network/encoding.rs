//! Encodings of tensor values in files.

use std::io::{self, Read};

use half::{bf16, f16};

/// Number of bytes that are read at a time.
const CHUNK_BYTES: usize = 1 << 20;

/// Encoding of a tensor's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Encoding {
    pub(crate) kind: NumericType,
    pub(crate) big_endian: bool,
}

/// Numeric type of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NumericType {
    F16,
    BF16,
    F32,
    F64,
    /// Integers and booleans of a number of bytes. No weights are stored so.
    Integer(usize),
}

impl Encoding {
    /// Returns the little-endian encoding, which nearly every file uses.
    pub(crate) const fn little(kind: NumericType) -> Self {
        Self { kind, big_endian: false }
    }

    /// Returns the number of bytes per value.
    pub(crate) fn width(self) -> usize {
        match self.kind {
            NumericType::F16 | NumericType::BF16 => 2,
            NumericType::F32 => 4,
            NumericType::F64 => 8,
            NumericType::Integer(width) => width,
        }
    }

    /// Whether the values can be weights.
    pub(crate) fn is_float(self) -> bool {
        !matches!(self.kind, NumericType::Integer(_))
    }

    /// Reads `count` values.
    ///
    /// The caller must know that the input has them, because memory is allocated first.
    ///
    /// # Errors
    /// - If the input ends early or cannot be read.
    /// - If the values are not floats.
    pub(crate) fn read(self, input: &mut impl Read, count: usize) -> io::Result<Vec<f32>> {
        match self.kind {
            NumericType::F16 => self.read_each(input, count, |b| f16::from_le_bytes(b).to_f32()),
            NumericType::BF16 => self.read_each(input, count, |b| bf16::from_le_bytes(b).to_f32()),
            NumericType::F32 => self.read_each(input, count, f32::from_le_bytes),
            NumericType::F64 => self.read_each(input, count, |b| f64::from_le_bytes(b) as f32),
            NumericType::Integer(_) => Err(io::ErrorKind::Unsupported.into()),
        }
    }

    fn read_each<const WIDTH: usize>(
        self,
        input: &mut impl Read,
        count: usize,
        value: fn([u8; WIDTH]) -> f32,
    ) -> io::Result<Vec<f32>> {
        let mut values = Vec::with_capacity(count);
        let mut chunk = vec![0; CHUNK_BYTES.min(count * WIDTH)];
        while values.len() < count {
            let left = (count - values.len()) * WIDTH;
            let chunk = &mut chunk[..left.min(CHUNK_BYTES)];
            input.read_exact(chunk)?;
            for bytes in chunk.as_chunks_mut::<WIDTH>().0 {
                if self.big_endian {
                    bytes.reverse();
                }
                values.push(value(*bytes));
            }
        }
        Ok(values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_float_is_read_in_both_byte_orders() {
        let minus_one_and_a_half: [(NumericType, &[u8]); 4] = [
            (NumericType::F16, &[0xbe, 0x00]),
            (NumericType::BF16, &[0xbf, 0xc0]),
            (NumericType::F32, &[0xbf, 0xc0, 0, 0]),
            (NumericType::F64, &[0xbf, 0xf8, 0, 0, 0, 0, 0, 0]),
        ];
        for (kind, big) in minus_one_and_a_half {
            let little: Vec<u8> = big.iter().rev().copied().collect();
            let read = |big_endian, bytes: &[u8]| {
                Encoding { kind, big_endian }.read(&mut bytes.repeat(3).as_slice(), 3).unwrap()
            };
            assert_eq!(read(true, big), [-1.5; 3]);
            assert_eq!(read(false, &little), [-1.5; 3]);
        }
    }

    #[test]
    fn more_values_than_a_chunk_holds_are_read_in_order() {
        let count = CHUNK_BYTES / 4 + 3;
        let bytes: Vec<u8> = (0..count).flat_map(|i| (i as f32).to_le_bytes()).collect();
        let values = Encoding::little(NumericType::F32).read(&mut bytes.as_slice(), count).unwrap();
        assert!(values.iter().enumerate().all(|(i, value)| *value == i as f32));
    }
}

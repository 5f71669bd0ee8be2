//! Encodes records as bytes, and decodes them. No other module does.
//!
//! A value is a version byte, the CRC-32 of the rest (little-endian), and the payload. The payload
//! is bincode for records, raw little-endian f32 for vectors.

use bincode::config::{Configuration, Fixint, Limit, LittleEndian};
use bincode::{Decode, Encode};

use super::error::StoreError;

const VERSION: u8 = 1;
const FRAME_BYTES: usize = 5;

/// Fixed-width integers, and a limit on the allocation for a damaged length.
const CONFIG: Configuration<LittleEndian, Fixint, Limit<{ 1 << 36 }>> =
    bincode::config::standard().with_fixed_int_encoding().with_limit();

/// Frames a payload.
pub(super) fn seal(payload: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(FRAME_BYTES + payload.len());
    bytes.push(VERSION);
    bytes.extend(crc32fast::hash(payload).to_le_bytes());
    bytes.extend_from_slice(payload);
    bytes
}

/// Returns the payload of a frame. `what` names it in the error.
pub(super) fn unseal<'a>(bytes: &'a [u8], what: &str) -> Result<&'a [u8], StoreError> {
    match bytes {
        [VERSION, a, b, c, d, payload @ ..]
            if u32::from_le_bytes([*a, *b, *c, *d]) == crc32fast::hash(payload) =>
        {
            Ok(payload)
        }
        _ => Err(corrupt(what)),
    }
}

pub(super) fn encode<T: Encode>(record: &T) -> Result<Vec<u8>, StoreError> {
    let payload = bincode::encode_to_vec(record, CONFIG).map_err(|error| StoreError::Corrupt {
        what: format!("a record cannot be encoded: {error}"),
    })?;
    Ok(seal(&payload))
}

pub(super) fn decode<T: Decode<()>>(bytes: &[u8], what: &str) -> Result<T, StoreError> {
    let payload = unseal(bytes, what)?;
    match bincode::decode_from_slice(payload, CONFIG) {
        Ok((record, used)) if used == payload.len() => Ok(record),
        _ => Err(corrupt(what)),
    }
}

pub(super) fn encode_floats(values: &[f32]) -> Vec<u8> {
    let payload: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    seal(&payload)
}

/// Decodes an embedding, or a part of one, into `values`. Its length must match.
pub(super) fn decode_floats(bytes: &[u8], values: &mut [f32]) -> Result<(), StoreError> {
    const WHAT: &str = "an embedding";
    let (floats, rest) = unseal(bytes, WHAT)?.as_chunks();
    if !rest.is_empty() || floats.len() != values.len() {
        return Err(corrupt(WHAT));
    }
    values.iter_mut().zip(floats).for_each(|(value, bytes)| *value = f32::from_le_bytes(*bytes));
    Ok(())
}

fn corrupt(what: &str) -> StoreError {
    StoreError::Corrupt { what: format!("{what} does not match its checksum") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_read_back_and_any_flipped_bit_is_noticed() {
        let record = (7_u64, vec![1_u32, 2, 3], Some("fd".to_owned()));
        let bytes = encode(&record).unwrap();
        assert_eq!(decode::<(u64, Vec<u32>, Option<String>)>(&bytes, "it").unwrap(), record);
        for bit in 0..bytes.len() * 8 {
            let mut damaged = bytes.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            let read = decode::<(u64, Vec<u32>, Option<String>)>(&damaged, "it");
            assert!(read.is_err(), "bit {bit}");
        }
        for length in 0..bytes.len() {
            assert!(decode::<(u64, Vec<u32>, Option<String>)>(&bytes[..length], "it").is_err());
        }
    }

    #[test]
    fn vectors_read_back_exactly() {
        let values = [0.1, -0.0, f32::MIN_POSITIVE, 3.5e37];
        let bytes = encode_floats(&values);
        let mut read = [1.0; 4];
        decode_floats(&bytes, &mut read).unwrap();
        assert_eq!(read.map(f32::to_bits), values.map(f32::to_bits));
        for length in [3, 5] {
            assert!(decode_floats(&bytes, &mut vec![0.0; length]).is_err());
        }
        assert!(decode_floats(&seal(b"12345"), &mut [0.0]).is_err());
    }
}

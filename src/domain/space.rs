//! Embedding spaces, and hashes of bundles and photos.

use std::fmt;
use std::str::FromStr;

/// The SHA-256 of all inputs of a bundle's embeddings: networks, weights and preprocessing.
///
/// Embeddings are comparable only under one fingerprint.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint(pub [u8; 32]);

/// The SHA-256 of a photo's original bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ContentHash(pub [u8; 32]);

/// A text that is not a SHA-256 in hexadecimal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a SHA-256 as 64 hexadecimal digits")]
pub struct HexError;

/// An embedding space of a bundle: its fingerprint and the embedding dimension of each backbone.
///
/// The first backbone is the retrieval space; the others serve reranking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmbeddingSpace {
    /// The bundle's fingerprint.
    pub fingerprint: Fingerprint,
    /// Embedding width per backbone, in the bundle's order; never empty.
    pub dimensions: Vec<usize>,
}

impl EmbeddingSpace {
    /// The width of the embeddings that are searched.
    pub fn retrieval_dimension(&self) -> usize {
        self.dimensions[0]
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprint({self})")
    }
}

impl fmt::Debug for ContentHash {
    /// Hides the hash: it identifies a person's photo.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ContentHash(..)")
    }
}

impl FromStr for Fingerprint {
    type Err = HexError;

    fn from_str(text: &str) -> Result<Self, HexError> {
        let digits = text.as_bytes();
        let mut bytes = [0; 32];
        if digits.len() != 64 {
            return Err(HexError);
        }
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = (hex_digit(pair[0])? * 16 + hex_digit(pair[1])?) as u8;
        }
        Ok(Self(bytes))
    }
}

fn hex_digit(digit: u8) -> Result<u32, HexError> {
    char::from(digit).to_digit(16).ok_or(HexError)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_reads_back_its_hexadecimal_form() {
        let fingerprint = Fingerprint(std::array::from_fn(|i| (i * 7) as u8));
        assert_eq!(fingerprint.to_string().parse(), Ok(fingerprint));
        assert_eq!("é".repeat(32).parse::<Fingerprint>(), Err(HexError));
        assert_eq!("00".parse::<Fingerprint>(), Err(HexError));
    }
}

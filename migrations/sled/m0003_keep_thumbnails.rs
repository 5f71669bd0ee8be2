//! Photos may have a small picture, in a tree of its own.
//!
//! | tree | key | value |
//! |---|---|---|
//! | `thumbnails` | ordinal u64, part u8, big-endian | up to 15 KiB of a JPEG, framed: version 1, CRC-32, payload |
//!
//! A program that does not know the tree would leave the picture of a removed person behind, and so must not open the
//! gallery any more.

/// Applies the step.
pub(super) fn up(db: &sled::Db) -> sled::Result<()> {
    db.open_tree("thumbnails")?;
    Ok(())
}

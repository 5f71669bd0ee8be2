//! Creates the trees of the first layout.
//!
//! | tree | key | value |
//! |---|---|---|
//! | `meta` | a name | the schema number, the embedding space, the next ordinal, the current graph |
//! | `photos` | `F0001/MID1/P00001_face0` | ordinal and content hash |
//! | `embeddings` | ordinal u64, backbone u8, part u8, big-endian | up to 3,840 f32, little-endian |
//! | `relationships` | `F0001/MID1` NUL `F0001/MID2` | the relation's code, or none |
//! | `graphs` | stamp u64, chunk u32, big-endian | a chunk of a frozen search graph |

/// Applies the step.
pub(super) fn up(db: &sled::Db) -> sled::Result<()> {
    for tree in ["meta", "photos", "embeddings", "relationships", "graphs"] {
        db.open_tree(tree)?;
    }
    Ok(())
}

//! Counts the records, so that a store that lost some is known, and makes room for several search graphs.
//!
//! | tree | key | value |
//! |---|---|---|
//! | `meta` | `counts` | commits, photos, relationships: three u64, little-endian, framed: version 1, CRC-32, payload |
//! | `meta` | `segments` | which segments there are; none yet |
//! | `segments` | stamp u64, chunk u32, big-endian | a chunk of a segment's search graph |
//!
//! The tree `graphs` and the name `graph` in `meta` go: what they hold is derived, and built anew.

/// Applies the step.
pub(super) fn up(db: &sled::Db) -> sled::Result<()> {
    let meta = db.open_tree("meta")?;
    if meta.get("counts")?.is_none() {
        let count = |tree: &str| Ok::<_, sled::Error>(db.open_tree(tree)?.len() as u64);
        // No commits yet, as far as a manifest beside the store could tell: it has none.
        let counts = [0, count("photos")?, count("relationships")?];
        let payload: Vec<u8> = counts.iter().flat_map(|count| count.to_le_bytes()).collect();
        let checksum = crc32fast::hash(&payload).to_le_bytes();
        meta.insert("counts", [&[1], checksum.as_slice(), &payload].concat())?;
    }
    db.open_tree("segments")?;
    db.drop_tree("graphs")?;
    meta.remove("graph")?;
    Ok(())
}

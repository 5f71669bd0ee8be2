//! Who is listed as kin.

use sled::transaction::Transactional;

use super::guard::guarded;
use super::{Store, StoreError, abort, codec, count, keys};
use crate::domain::Relationship;

impl Store {
    /// Lists people as kin, replacing what was known of the same two, whichever came first; all or none.
    ///
    /// # Errors
    /// When writing fails; then none of them is listed.
    pub fn put_relationships(&self, pairs: &[Relationship]) -> Result<(), StoreError> {
        let trees = (&self.meta, &self.relationships);
        let store = || {
            trees.transaction(|(meta, relationships)| {
                let (mut new, mut turned) = (0, 0);
                for pair in pairs {
                    let code = pair.relation().map(|relation| relation.code().to_owned());
                    let record = codec::encode(&code).map_err(abort)?;
                    let [first, second] = pair.people();
                    let old = relationships.insert(keys::relationship([first, second]), record)?;
                    new += u64::from(old.is_none());
                    let old = relationships.remove(keys::relationship([second, first]))?;
                    turned += u64::from(old.is_some());
                }
                Ok((
                    (),
                    count(meta, |counts| {
                        counts.relationships = (counts.relationships + new).saturating_sub(turned);
                    })?,
                ))
            })
        };
        self.commit(store)
    }

    /// Every listed pair.
    ///
    /// # Errors
    /// When reading fails or a record is damaged.
    pub fn relationships(&self) -> Result<Vec<Relationship>, StoreError> {
        let read = |entry: sled::Result<(sled::IVec, sled::IVec)>| {
            let (key, value) = entry?;
            let code: Option<String> = codec::decode(&value, "a relationship")?;
            keys::parse_relationship(&key, code.as_deref())
        };
        guarded(|| self.relationships.iter().map(read).collect())
    }
}

//! Listed kin pairs.

use sled::transaction::Transactional;

use super::error::StoreError;
use super::guard::guarded;
use super::trees::{Store, abort, count};
use super::{codec, keys};
use crate::domain::Relationship;

impl Store {
    /// Adds kin pairs, all or none. A pair replaces an earlier one of the same two people, in
    /// either order.
    ///
    /// # Errors
    /// [`StoreError::Database`] if writing fails. Then none of them is stored.
    pub(in crate::gallery) fn put_relationships(
        &self,
        pairs: &[Relationship],
    ) -> Result<(), StoreError> {
        let trees = (&self.meta, &self.relationships);
        let store = || {
            trees.transaction(|(meta, relationships)| {
                let mut new = 0;
                let mut turned = 0;
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

    /// Returns every listed pair.
    ///
    /// # Errors
    /// - [`StoreError::Database`] if reading fails.
    /// - [`StoreError::Corrupt`] if a record is damaged.
    pub(in crate::gallery) fn relationships(&self) -> Result<Vec<Relationship>, StoreError> {
        let read = |entry: sled::Result<(sled::IVec, sled::IVec)>| {
            let (key, value) = entry?;
            let code: Option<String> = codec::decode(&value, "a relationship")?;
            keys::parse_relationship(&key, code.as_deref())
        };
        guarded(|| self.relationships.iter().map(read).collect())
    }
}

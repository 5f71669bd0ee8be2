//! Migrates a store to the newest schema. The steps and their rules are in `migrations/sled`.

use super::error::StoreError;
use super::keys;

#[path = "../../../../migrations/sled/m0001_create_layout.rs"]
mod m0001_create_layout;
#[path = "../../../../migrations/sled/m0002_count_records.rs"]
mod m0002_count_records;
#[path = "../../../../migrations/sled/m0003_keep_thumbnails.rs"]
mod m0003_keep_thumbnails;

type Migration = fn(&sled::Db) -> sled::Result<()>;

/// Migration n migrates from schema n to schema n + 1.
const MIGRATIONS: [Migration; 3] =
    [m0001_create_layout::up, m0002_count_records::up, m0003_keep_thumbnails::up];

/// The newest schema.
pub(super) const SUPPORTED: u32 = MIGRATIONS.len() as u32;

/// Applies the steps that `db` lacks.
///
/// # Errors
/// - [`StoreError::NewerSchema`] if the store's schema is newer than this program.
/// - Any error of a step. A partial step is repeated next time.
pub(super) fn migrate(db: &sled::Db) -> Result<(), StoreError> {
    let meta = db.open_tree("meta")?;
    let found = schema(&meta)?;
    if found > SUPPORTED {
        return Err(StoreError::NewerSchema { found, supported: SUPPORTED });
    }
    for (schema, step) in (1_u32..).zip(MIGRATIONS).skip(found as usize) {
        step(db)?;
        db.flush()?;
        meta.insert(keys::SCHEMA, &schema.to_be_bytes())?;
        db.flush()?;
    }
    Ok(())
}

fn schema(meta: &sled::Tree) -> Result<u32, StoreError> {
    let Some(bytes) = meta.get(keys::SCHEMA)? else { return Ok(0) };
    let bytes = bytes.as_ref().try_into();
    bytes
        .map(u32::from_be_bytes)
        .map_err(|_| StoreError::Corrupt { what: "its schema number".into() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_of_a_newer_schema_is_refused_and_left_alone() {
        let db = sled::Config::new().temporary(true).open().unwrap();
        migrate(&db).unwrap();
        let newer = (SUPPORTED + 1).to_be_bytes();
        db.open_tree("meta").unwrap().insert(keys::SCHEMA, &newer).unwrap();
        let error = migrate(&db).unwrap_err();
        assert!(matches!(error, StoreError::NewerSchema { found, .. } if found == SUPPORTED + 1));
        assert_eq!(schema(&db.open_tree("meta").unwrap()).unwrap(), SUPPORTED + 1);
    }
}

//! API keys and their scopes.
//!
//! The keys are stored hashed, in a separate file next to the gallery's database. They can therefore be created and
//! revoked while a server uses the gallery. The server reads the file again after a change.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock};
use std::time::SystemTime;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::error::KeyError;
use crate::atomic_file::write_atomically;
use crate::domain::Fingerprint;

/// Name of the key file inside a gallery.
const FILE: &str = "keys.json";
/// Prefix of every key. It makes a leaked key recognizable.
const PREFIX: &str = "kindred";

/// Scope of a key: the requests it permits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Search, compare, and read enrolled data.
    Search,
    /// Enroll photos, and list kin.
    Write,
    /// Delete data, and read the service's metrics.
    Admin,
}

impl Scope {
    /// All scopes.
    pub const ALL: [Self; 3] = [Self::Search, Self::Write, Self::Admin];

    /// Returns the name of the scope.
    pub fn name(self) -> &'static str {
        match self {
            Self::Search => "search",
            Self::Write => "write",
            Self::Admin => "admin",
        }
    }
}

/// A stored key, without its secret.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Key {
    /// Id of the key in the audit trail and for revocation.
    pub id: String,
    /// Owner or purpose of the key, as free text.
    pub name: String,
    /// Scopes of the key.
    pub scopes: BTreeSet<Scope>,
    /// Creation time, RFC 3339.
    pub created_at: String,
    /// SHA-256 of the complete key. A key is random and long, so a plain hash is sufficient.
    sha256: String,
}

#[derive(Default, Serialize, Deserialize)]
struct File {
    keys: Vec<Key>,
}

/// API keys of a gallery.
pub struct KeyRing {
    path: PathBuf,
    read: RwLock<Read>,
}

/// Content of the key file, with the modification time and length that detect a change.
#[derive(Default)]
struct Read {
    state: Option<(SystemTime, u64)>,
    keys: Vec<Key>,
    /// Whether a key ever existed. Revoking all keys does not open the service to all callers.
    locked: bool,
}

impl KeyRing {
    /// Returns the keys of the gallery at `gallery`.
    pub fn of(gallery: &Path) -> Self {
        Self { path: gallery.join(FILE), read: RwLock::default() }
    }

    /// Returns whether requests need a key: one exists, or existed since the service started.
    ///
    /// # Errors
    /// If the file cannot be read or parsed.
    pub fn is_locked(&self) -> Result<bool, KeyError> {
        self.with(|read| read.locked)
    }

    /// Returns the key that `secret` proves.
    ///
    /// # Errors
    /// If the file cannot be read or parsed.
    pub fn find(&self, secret: &str) -> Result<Option<Key>, KeyError> {
        let sha256 = hash(secret);
        self.with(|read| read.keys.iter().find(|key| key.sha256 == sha256).cloned())
    }

    /// Returns all keys, in order of creation.
    ///
    /// # Errors
    /// If the file cannot be read or parsed.
    pub fn keys(&self) -> Result<Vec<Key>, KeyError> {
        self.with(|read| read.keys.clone())
    }

    /// Creates a key and returns its secret, which is stored nowhere.
    ///
    /// # Errors
    /// If the file cannot be read or written.
    pub fn create(&self, name: &str, scopes: BTreeSet<Scope>) -> Result<String, KeyError> {
        let [id, secret] = [(); 2].map(|()| Uuid::new_v4().simple().to_string());
        let id = id[..8].to_owned();
        let secret = format!("{PREFIX}_{id}_{secret}");
        let sha256 = hash(&secret);
        let created_at = Timestamp::now().to_string();
        let mut keys = self.keys()?;
        keys.push(Key { id, name: name.to_owned(), scopes, created_at, sha256 });
        self.write(keys)?;
        Ok(secret)
    }

    /// Revokes a key.
    ///
    /// # Errors
    /// - No key has this id.
    /// - The file cannot be read or written.
    pub fn revoke(&self, id: &str) -> Result<(), KeyError> {
        let mut keys = self.keys()?;
        let before = keys.len();
        keys.retain(|key| key.id != id);
        if keys.len() == before {
            return Err(KeyError::Unknown { id: id.to_owned() });
        }
        self.write(keys)
    }

    fn write(&self, keys: Vec<Key>) -> Result<(), KeyError> {
        let text = serde_json::to_vec_pretty(&File { keys }).expect("plain data becomes JSON");
        let failed = |source| KeyError::Io { path: self.path.clone(), source };
        write_atomically(&self.path, |path| {
            fs::write(path, text)?;
            for_owner_only(path)
        })
        .map_err(failed)
    }

    fn with<T>(&self, ask: impl FnOnce(&Read) -> T) -> Result<T, KeyError> {
        let failed = |source| KeyError::Io { path: self.path.clone(), source };
        let state = |file: fs::Metadata| Ok((file.modified()?, file.len()));
        let state = match fs::metadata(&self.path).and_then(state) {
            Ok(state) => Some(state),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => return Err(failed(error)),
        };
        let read = self.read.read().unwrap_or_else(PoisonError::into_inner);
        if read.state == state {
            return Ok(ask(&read));
        }
        drop(read);
        let mut read = self.read.write().unwrap_or_else(PoisonError::into_inner);
        let keys = match state {
            None => Vec::new(),
            Some(_) => {
                let bytes = fs::read(&self.path).map_err(failed)?;
                let file: File = serde_json::from_slice(&bytes)
                    .map_err(|_| KeyError::Damaged { path: self.path.clone() })?;
                file.keys
            }
        };
        let locked = read.locked || state.is_some();
        *read = Read { state, keys, locked };
        Ok(ask(&read))
    }
}

fn hash(secret: &str) -> String {
    Fingerprint(Sha256::digest(secret).into()).to_string()
}

#[cfg(unix)]
fn for_owner_only(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o600))
}

#[cfg(not(unix))]
fn for_owner_only(_: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_known_until_it_is_revoked_and_then_nobody_is_let_in() {
        let folder = tempfile::tempdir().unwrap();
        let ring = KeyRing::of(folder.path());
        assert!(!ring.is_locked().unwrap());
        let secret = ring.create("archive", BTreeSet::from([Scope::Search])).unwrap();
        let key = ring.find(&secret).unwrap().unwrap();
        assert_eq!((key.name.as_str(), key.scopes.len()), ("archive", 1));
        assert!(ring.find(&secret[..secret.len() - 1]).unwrap().is_none());
        let text = fs::read_to_string(folder.path().join(FILE)).unwrap();
        assert!(!text.contains(&secret), "only its hash is stored");
        ring.revoke(&key.id).unwrap();
        assert!(ring.find(&secret).unwrap().is_none() && ring.is_locked().unwrap());
        assert!(ring.revoke(&key.id).is_err());
        fs::remove_file(folder.path().join(FILE)).unwrap();
        assert!(ring.is_locked().unwrap(), "who lost the file did not mean to let everybody in");
    }

    #[test]
    fn a_damaged_file_of_keys_lets_nobody_in() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(FILE), "{\"keys\": [").unwrap();
        let ring = KeyRing::of(folder.path());
        assert!(ring.is_locked().is_err() && ring.find("kindred_a_b").is_err());
    }
}

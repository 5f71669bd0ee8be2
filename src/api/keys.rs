//! API keys and their scopes.
//!
//! The keys are stored hashed, in a file of the service's data directory. They can be created and
//! revoked while a server runs. The server reads the file again after a change.

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

/// Name of the key file in the data directory.
const FILE: &str = "keys.json";
/// Prefix of every key. It makes a leaked key recognizable.
const PREFIX: &str = "kindred";

/// Scope of a key: the requests it permits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Search, compare, and read the gallery's data.
    Search,
    /// Add photos, and list kin.
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

/// JSON form of the key file.
#[derive(Default, Serialize, Deserialize)]
struct KeyFile {
    keys: Vec<Key>,
}

/// API keys of a service.
pub struct KeyRing {
    path: PathBuf,
    cache: RwLock<KeyCache>,
}

/// Keys as last read, with the version of their file.
#[derive(Default)]
struct KeyCache {
    /// `None` if there is no file.
    version: Option<FileVersion>,
    keys: Vec<Key>,
    /// Whether a key ever existed. Revoking all keys does not open the service to all callers.
    locked: bool,
}

/// Modification time and length of a file, which detect a change.
#[derive(PartialEq, Eq)]
struct FileVersion {
    modified: SystemTime,
    bytes: u64,
}

impl KeyRing {
    /// Returns the keys in a data directory of a service.
    pub fn new(data_dir: &Path) -> Self {
        Self { path: data_dir.join(FILE), cache: RwLock::default() }
    }

    /// Returns whether requests need a key: one exists, or existed since the service started.
    ///
    /// # Errors
    /// If the file cannot be read or parsed.
    pub fn is_locked(&self) -> Result<bool, KeyError> {
        self.with(|cache| cache.locked)
    }

    /// Returns the key that `secret` proves.
    ///
    /// # Errors
    /// If the file cannot be read or parsed.
    pub fn find(&self, secret: &str) -> Result<Option<Key>, KeyError> {
        let sha256 = hash(secret);
        self.with(|cache| cache.keys.iter().find(|key| key.sha256 == sha256).cloned())
    }

    /// Returns all keys, in order of creation.
    ///
    /// # Errors
    /// If the file cannot be read or parsed.
    pub fn keys(&self) -> Result<Vec<Key>, KeyError> {
        self.with(|cache| cache.keys.clone())
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
        let text = serde_json::to_vec_pretty(&KeyFile { keys }).expect("plain data becomes JSON");
        if let Some(data_dir) = self.path.parent() {
            fs::create_dir_all(data_dir).map_err(|source| self.io_error(source))?;
        }
        write_atomically(&self.path, |path| {
            fs::write(path, text)?;
            restrict_to_owner(path)
        })
        .map_err(|source| self.io_error(source))
    }

    /// Applies `read` to the current keys. Reads their file if it has changed.
    fn with<T>(&self, read: impl FnOnce(&KeyCache) -> T) -> Result<T, KeyError> {
        let version = self.version()?;
        let cache = self.cache.read().unwrap_or_else(PoisonError::into_inner);
        if cache.version == version {
            return Ok(read(&cache));
        }
        drop(cache);
        let mut cache = self.cache.write().unwrap_or_else(PoisonError::into_inner);
        let keys = if version.is_some() { self.load()? } else { Vec::new() };
        let locked = cache.locked || version.is_some();
        *cache = KeyCache { version, keys, locked };
        Ok(read(&cache))
    }

    fn version(&self) -> Result<Option<FileVersion>, KeyError> {
        match fs::metadata(&self.path).and_then(|file| FileVersion::new(&file)) {
            Ok(version) => Ok(Some(version)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(self.io_error(error)),
        }
    }

    fn load(&self) -> Result<Vec<Key>, KeyError> {
        let bytes = fs::read(&self.path).map_err(|source| self.io_error(source))?;
        match serde_json::from_slice::<KeyFile>(&bytes) {
            Ok(file) => Ok(file.keys),
            Err(_) => Err(KeyError::Damaged { path: self.path.clone() }),
        }
    }

    fn io_error(&self, source: io::Error) -> KeyError {
        KeyError::Io { path: self.path.clone(), source }
    }
}

impl FileVersion {
    fn new(file: &fs::Metadata) -> io::Result<Self> {
        Ok(Self { modified: file.modified()?, bytes: file.len() })
    }
}

fn hash(secret: &str) -> String {
    Fingerprint(Sha256::digest(secret).into()).to_string()
}

#[cfg(unix)]
fn restrict_to_owner(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o600))
}

#[cfg(not(unix))]
fn restrict_to_owner(_: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn revoked_key_is_refused_and_service_stays_locked() {
        let folder = tempfile::tempdir().unwrap();
        let ring = KeyRing::new(folder.path());
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
        assert!(ring.is_locked().unwrap(), "a lost file does not open the service");
    }

    #[test]
    fn damaged_key_file_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(FILE), "{\"keys\": [").unwrap();
        let ring = KeyRing::new(folder.path());
        assert!(ring.is_locked().is_err() && ring.find("kindred_a_b").is_err());
    }
}

//! API keys: who may ask for what. They lie beside the gallery's database, hashed, in a file of their own, so that
//! they can be made and revoked while a server has the gallery; it reads the file again when that changes.

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
use crate::domain::Fingerprint;
use crate::whole_file::write_whole;

/// The file inside a gallery.
const FILE: &str = "keys.json";
/// What every key begins with, so that one that leaked is known for what it is.
const PREFIX: &str = "kindred";

/// What a key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Search, compare, and read what is enrolled.
    Search,
    /// Enrol photos, and list kin.
    Write,
    /// Remove, and read the service's figures.
    Admin,
}

impl Scope {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Search, Self::Write, Self::Admin];

    /// What it is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::Search => "search",
            Self::Write => "write",
            Self::Admin => "admin",
        }
    }
}

/// A key as it is stored: without what it is proven by.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Key {
    /// By which it is named in the audit trail, and revoked.
    pub id: String,
    /// Whose it is, in words.
    pub name: String,
    /// What it is for.
    pub scopes: BTreeSet<Scope>,
    /// When it was made, RFC 3339.
    pub created_at: String,
    /// Of the whole key. It is random and long, so that a plain hash keeps it.
    sha256: String,
}

#[derive(Default, Serialize, Deserialize)]
struct File {
    keys: Vec<Key>,
}

/// The keys of a gallery.
pub struct KeyRing {
    path: PathBuf,
    read: RwLock<Read>,
}

/// What was read of the file, and by what it is known that it has not changed since.
#[derive(Default)]
struct Read {
    state: Option<(SystemTime, u64)>,
    keys: Vec<Key>,
    /// Whether there ever was a key: who took all of them away did not mean to let everybody in.
    locked: bool,
}

impl KeyRing {
    /// The keys of the gallery at `gallery`.
    pub fn of(gallery: &Path) -> Self {
        Self { path: gallery.join(FILE), read: RwLock::default() }
    }

    /// Whether requests need a key: there is one, or was one since the service started.
    ///
    /// # Errors
    /// When the file cannot be read or understood.
    pub fn is_locked(&self) -> Result<bool, KeyError> {
        self.with(|read| read.locked)
    }

    /// The key that is proven by `secret`.
    ///
    /// # Errors
    /// When the file cannot be read or understood.
    pub fn find(&self, secret: &str) -> Result<Option<Key>, KeyError> {
        let sha256 = hash(secret);
        self.with(|read| read.keys.iter().find(|key| key.sha256 == sha256).cloned())
    }

    /// All keys, in the order in which they were made.
    ///
    /// # Errors
    /// When the file cannot be read or understood.
    pub fn keys(&self) -> Result<Vec<Key>, KeyError> {
        self.with(|read| read.keys.clone())
    }

    /// Makes a key. Returns what proves it, which is stored nowhere.
    ///
    /// # Errors
    /// When the file cannot be read or written.
    pub fn create(&self, name: &str, scopes: BTreeSet<Scope>) -> Result<String, KeyError> {
        let [id, secret] = [(); 2].map(|()| Uuid::new_v4().simple().to_string());
        let id = id[..8].to_owned();
        let secret = format!("{PREFIX}_{id}_{secret}");
        let (sha256, created_at) = (hash(&secret), Timestamp::now().to_string());
        let mut keys = self.keys()?;
        keys.push(Key { id, name: name.to_owned(), scopes, created_at, sha256 });
        self.write(keys)?;
        Ok(secret)
    }

    /// Takes a key away.
    ///
    /// # Errors
    /// When there is none with this id, or the file cannot be read or written.
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
        write_whole(&self.path, |path| {
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

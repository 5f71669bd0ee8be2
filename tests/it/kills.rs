//! A gallery whose process is killed at any moment has all that was acknowledged, and nothing by half.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use kindred::domain::{EntityId, FamilyId, NoProgress, PersonId};
use kindred::gallery::{EmbeddedGallery, Gallery};

use crate::support::Random;
use crate::support::gallery::{PEOPLE, PHOTOS, all_photos, clustered, enrolment, open};

const ROUNDS: u64 = 100;
const WIDTH: usize = 8;
/// Enough for a segment.
const FIRST: usize = 4200;
const MOST: u64 = 6000;

/// What tells the worker where the gallery is, and its seed.
const FOLDER: &str = "KINDRED_TEST_WORKER_FOLDER";
const SEED: &str = "KINDRED_TEST_WORKER_SEED";

/// Something that is done to a gallery.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Act {
    /// Photos from a number on, with a version that tells them from those before.
    Enrol {
        first: usize,
        count: usize,
        version: u64,
    },
    Remove {
        family: usize,
        person: usize,
    },
    Seal,
    Compact,
    Rewrite,
}

/// What the worker with a seed does, one after the other.
fn acts(seed: u64) -> impl Iterator<Item = Act> {
    let mut random = Random(seed);
    std::iter::repeat_with(move || {
        let first = random.below(MOST) as usize;
        let version = random.next();
        match random.below(20) {
            0..10 => Act::Enrol { first, count: 1 + random.below(40) as usize, version },
            10..15 => {
                let person = first / PHOTOS;
                Act::Remove { family: person / PEOPLE, person: person % PEOPLE }
            }
            15 => Act::Enrol { first: 0, count: FIRST, version },
            16 => Act::Seal,
            17..19 => Act::Compact,
            _ => Act::Rewrite,
        }
    })
}

/// Per photo its number, the version that is there.
type Versions = BTreeMap<usize, u64>;

fn apply(act: Act, versions: &mut Versions) {
    match act {
        Act::Enrol { first, count, version } => {
            versions.extend((first..first + count).map(|at| (at, version)));
        }
        Act::Remove { family, person } => {
            let first = (family * PEOPLE + person) * PHOTOS;
            versions.retain(|at, _| !(first..first + PHOTOS).contains(at));
        }
        Act::Seal | Act::Compact | Act::Rewrite => {}
    }
}

/// Not a test of its own: the process that is killed. It says when an act begins and when it has ended.
#[test]
fn worker() {
    let (Ok(folder), Ok(seed)) = (std::env::var(FOLDER), std::env::var(SEED)) else { return };
    let mut gallery = open(Path::new(&folder), "gallery", WIDTH);
    let vectors = clustered(MOST as usize + FIRST, WIDTH, 1);
    let say = |word: &str, at: usize| {
        let mut out = std::io::stderr();
        out.write_all(format!("{word} {at}\n").as_bytes()).unwrap();
    };
    for (at, act) in acts(seed.parse().unwrap()).enumerate() {
        say("begin", at);
        match act {
            Act::Enrol { first, count, version } => {
                let photos = (first..first + count).map(|at| enrolment(at, version, &vectors[at]));
                gallery.add_photos(photos.collect()).unwrap();
            }
            Act::Remove { family, person } => {
                let family = FamilyId::new(family as u32);
                // EntityId is not there cannot be removed.
                let _ = gallery.delete(&EntityId::Person(PersonId::new(family, person as u32)));
            }
            Act::Seal => gallery.seal(&NoProgress).unwrap(),
            Act::Compact => gallery.compact(&NoProgress).unwrap(),
            Act::Rewrite => gallery = gallery.rewrite().unwrap(),
        }
        say("end", at);
    }
}

fn start(folder: &Path, seed: u64) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["kills::worker", "--exact", "--nocapture", "--test-threads", "1"]);
    command.env(FOLDER, folder).env(SEED, seed.to_string());
    command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Kills the worker after a while. Returns how many acts had ended, and whether another had begun.
fn killed(folder: &Path, seed: u64, after: Duration) -> (usize, bool) {
    let mut process = start(folder, seed);
    sleep(after);
    process.kill().unwrap();
    let (mut begun, mut ended) = (0, 0);
    let mut said = String::new();
    process.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    for line in said.lines() {
        match line.split_once(' ') {
            Some(("begin", _)) => begun += 1,
            Some(("end", _)) => ended += 1,
            _ => panic!("the worker says {said}"),
        }
    }
    process.wait().unwrap();
    (ended, begun > ended)
}

/// What is in the gallery, all of it checked.
fn found(folder: &Path) -> Versions {
    let gallery = open(folder, "gallery", WIDTH);
    gallery.verify().unwrap();
    let view = gallery.view().unwrap();
    let version = |hash: &[u8; 32]| u64::from_le_bytes(hash[8..16].try_into().unwrap());
    let number = |hash: &[u8; 32]| u64::from_le_bytes(hash[..8].try_into().unwrap()) as usize;
    all_photos(&*view)
        .iter()
        .map(|photo| (number(&photo.content_hash.0), version(&photo.content_hash.0)))
        .collect()
}

#[test]
fn whenever_a_gallerys_process_is_killed_nothing_acknowledged_is_lost_and_nothing_is_there_by_half()
{
    let folder = tempfile::tempdir().unwrap();
    let mut random = Random(77);
    let (mut versions, mut in_the_middle) = (Versions::new(), 0);
    for seed in 0..ROUNDS {
        let after = Duration::from_millis(30 + random.below(500));
        let (ended, has_begun) = killed(folder.path(), seed, after);
        acts(seed).take(ended).for_each(|act| apply(act, &mut versions));
        let found = found(folder.path());
        if found != versions {
            assert!(has_begun, "round {seed}: something is lost");
            let act = acts(seed).nth(ended).unwrap();
            apply(act, &mut versions);
            assert!(found == versions, "round {seed}: {act:?} is there by half");
        }
        in_the_middle += u64::from(has_begun);
    }
    assert!(in_the_middle * 2 > ROUNDS, "{in_the_middle} kills hit the middle of an act");
}

#[test]
fn one_process_has_a_gallery_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let mut process = start(folder.path(), 1);
    let mut lines = BufReader::new(process.stderr.take().unwrap()).lines();
    assert_eq!(lines.next().unwrap().unwrap(), "begin 0");
    let error = EmbeddedGallery::open(&folder.path().join("gallery")).err().unwrap();
    assert!(error.to_string().contains("open in another process"), "{error}");
    process.kill().unwrap();
    process.wait().unwrap();
    found(folder.path());
}

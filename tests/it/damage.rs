//! A gallery whose files were damaged says so, and what to do.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use kindred::domain::NoProgress;
use kindred::error::{Classify, ErrorKind};
use kindred::gallery::{EmbeddedGallery, Gallery};

use crate::support::Random;
use crate::support::gallery::{clustered, enrol, enrolment, open};
use crate::support::program::{Run, kindred, path, run};

const PHOTOS: usize = 4200;

/// A gallery with a segment, a tail and a kin pair.
fn gallery(folder: &Path) -> PathBuf {
    let vectors = clustered(PHOTOS, 8, 1);
    let gallery = open(folder, "gallery", 8);
    enrol(&gallery, 0, &vectors[..PHOTOS - 50]);
    gallery.seal(&NoProgress).unwrap();
    enrol(&gallery, PHOTOS - 50, &vectors[PHOTOS - 50..]);
    let pair = kindred::domain::Relationship::new(
        "F0001/MID1".parse().unwrap(),
        "F0001/MID2".parse().unwrap(),
        None,
    );
    gallery.add_relationships(&[pair.unwrap()]).unwrap();
    folder.join("gallery")
}

fn files(gallery: &Path) -> Vec<PathBuf> {
    let files = walkdir::WalkDir::new(gallery).sort_by_file_name().into_iter();
    let files = files.map(Result::unwrap).filter(|file| file.file_type().is_file());
    files.map(walkdir::DirEntry::into_path).collect()
}

/// `kindred gallery verify`, which ends within a minute.
fn verify(gallery: &Path) -> Run {
    let mut command = kindred(&["gallery", "verify", "--gallery", path(gallery)]);
    let mut process = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let started = Instant::now();
    while process.try_wait().unwrap().is_none() {
        assert!(started.elapsed() < Duration::from_secs(60), "it hangs");
        std::thread::sleep(Duration::from_millis(5));
    }
    let Output { status, stdout, stderr } = process.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Run { code: status.code().unwrap_or(-1), stdout: text(stdout), stderr: text(stderr) }
}

/// Damages one file of a copy, and checks that the copy is still whole, or says that it is not and what to do.
fn check(original: &Path, file: &Path, damage: impl FnOnce(&mut Vec<u8>)) -> bool {
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("copy");
    for from in files(original) {
        let to = copy.join(from.strip_prefix(original).unwrap());
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(&from, to).unwrap();
    }
    let file = copy.join(file.strip_prefix(original).unwrap());
    let mut bytes = fs::read(&file).unwrap();
    damage(&mut bytes);
    fs::write(&file, bytes).unwrap();
    let verified = verify(&copy);
    if verified.code == 0 {
        let whole = format!("photos        {PHOTOS} of ");
        assert!(verified.stdout.contains(&whole), "{}", verified.stdout);
        assert!(verified.stdout.contains("kin pairs     1\n"), "{}", verified.stdout);
        return true;
    }
    let error = verified.error();
    let says_what_to_do = ["restore", "rebuild", "newer version"];
    assert!(says_what_to_do.iter().any(|words| error.contains(words)), "{error}");
    false
}

#[test]
fn a_file_that_was_cut_short_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let gallery = gallery(folder.path());
    for file in files(&gallery) {
        let length = fs::metadata(&file).unwrap().len() as usize;
        let lengths = [0, 1, length / 4, length / 2, length - length / 8, length.saturating_sub(1)];
        for length in lengths {
            check(&gallery, &file, |bytes| bytes.truncate(length));
        }
    }
}

#[test]
fn a_flipped_bit_is_noticed_or_harmless() {
    let folder = tempfile::tempdir().unwrap();
    let gallery = gallery(folder.path());
    let mut random = Random(3);
    let (mut noticed, mut tried) = (0, 0);
    for file in files(&gallery) {
        let bits = 8 * fs::metadata(&file).unwrap().len();
        for _ in 0..if bits > 80_000 { 60 } else { bits.min(10) } {
            let bit = random.below(bits) as usize;
            let whole = check(&gallery, &file, |bytes| bytes[bit / 8] ^= 1 << (bit % 8));
            (noticed, tried) = (noticed + usize::from(!whole), tried + 1);
        }
    }
    assert!(noticed * 3 > tried, "{noticed} of {tried}");
}

#[test]
fn a_gallery_that_lost_its_database_does_not_open_as_an_empty_one() {
    let folder = tempfile::tempdir().unwrap();
    let gallery = gallery(folder.path());
    fs::remove_dir_all(gallery.join("store")).unwrap();
    for command in [&["gallery", "stats"][..], &["gallery", "rebuild"]] {
        let run = run(&[command, &["--gallery", path(&gallery)]].concat());
        assert_eq!(run.code, 1, "{}", run.stdout);
    }
    let error = run(&["gallery", "verify", "--gallery", path(&gallery)]);
    assert!(error.error().contains("should have 4200 photos"), "{}", error.stderr);
    let space = crate::support::gallery::space(8);
    assert!(EmbeddedGallery::open_or_create(&gallery, &space, folder.path()).is_err());
    fs::create_dir(gallery.join("store")).unwrap();
    assert_eq!(run(&["gallery", "verify", "--gallery", path(&gallery)]).code, 1);
}

#[test]
fn a_database_that_was_killed_while_it_was_opened_opens_again() {
    let folder = tempfile::tempdir().unwrap();
    let gallery = gallery(folder.path());
    assert_eq!(verify(&gallery).code, 0);
    let mut store = files(&gallery.join("store")).into_iter();
    let state = store.find(|file| file.file_stem().unwrap() == "snap").unwrap();
    let bytes = fs::read(&state).unwrap();
    for length in [0, 40, bytes.len() - 1] {
        fs::write(state.with_extension("FFFFFFFFFFFFFFF0.generating"), &bytes[..length]).unwrap();
        assert!(check(&gallery, &state, |_| ()), "{length} bytes of a new state");
    }
    let settings = fs::read(gallery.join("store/conf")).unwrap();
    for length in (0..=settings.len()).step_by(5) {
        let begun = folder.path().join(format!("begun{length}"));
        fs::create_dir_all(begun.join("store")).unwrap();
        fs::write(begun.join("store/conf"), &settings[..length]).unwrap();
        let error = verify(&begun);
        assert!(error.error().contains("no gallery at"), "{length}: {}", error.stderr);
        let gallery = open(folder.path(), &format!("begun{length}"), 8);
        enrol(&gallery, 0, &clustered(3, 8, 1));
    }
}

#[test]
fn what_is_derived_is_built_anew_when_it_is_damaged_or_gone() {
    let folder = tempfile::tempdir().unwrap();
    let gallery = gallery(folder.path());
    fs::remove_file(gallery.join("gallery.json")).unwrap();
    let refused = run(&["gallery", "verify", "--gallery", path(&gallery)]);
    assert!(refused.error().contains("gallery.json is missing"), "{}", refused.stderr);
    let rebuilt = run(&["gallery", "rebuild", "--gallery", path(&gallery)]);
    assert_eq!(rebuilt.code, 0, "{}", rebuilt.stderr);
    assert!(rebuilt.stdout.contains("photos        4200 of"), "{}", rebuilt.stdout);
    assert!(rebuilt.stdout.contains("segment       4200 photos"), "{}", rebuilt.stdout);
    assert_eq!(verify(&gallery).code, 0);
    let vectors =
        files(&gallery).into_iter().find(|file| file.parent().unwrap().ends_with("vectors"));
    let vectors = vectors.unwrap();
    let mut bytes = fs::read(&vectors).unwrap();
    bytes[1000] ^= 1;
    fs::write(&vectors, bytes).unwrap();
    assert!(verify(&gallery).error().contains("kindred gallery rebuild"));
    assert_eq!(run(&["gallery", "rebuild", "--gallery", path(&gallery)]).code, 0);
    assert_eq!(verify(&gallery).code, 0);
}

#[test]
fn a_gallery_that_may_not_be_written_says_so() {
    // Not even the superuser writes where nothing may be.
    let Some(folder) = Mounted::new("size=16m") else { return };
    let gallery = gallery(&folder.path);
    folder.mount("remount,ro");
    let verified = verify(&gallery);
    assert!(verified.error().contains("Read-only file system"), "{}", verified.stderr);
    folder.mount("remount,rw");
    assert_eq!(verify(&gallery).code, 0);
}

#[test]
fn a_full_disk_ends_in_an_error_and_nothing_is_lost() {
    let Some(folder) = Mounted::new("size=2m") else { return };
    let vectors = clustered(64 * 64, 64, 1);
    let gallery = open(&folder.path, "gallery", 64);
    let (mut enrolled, mut batches) = (0, vectors.chunks(64));
    let error = loop {
        let batch = batches.next().expect("the disk is full before all are enrolled");
        let photos = (enrolled..).zip(batch).map(|(at, vector)| enrolment(at, 0, vector));
        match gallery.add_photos(photos.collect()) {
            Ok(()) => enrolled += batch.len(),
            Err(error) => break error,
        }
    };
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
    assert!(enrolled > 0);
    drop(gallery);
    folder.mount("remount,size=64m");
    let gallery = open(&folder.path, "gallery", 64);
    let photos = gallery.verify().unwrap().photos;
    assert!(photos == enrolled || photos == enrolled + 64, "{photos}, told were {enrolled}");
    enrol(&gallery, enrolled, &vectors[enrolled..]);
    assert_eq!(gallery.verify().unwrap().photos, vectors.len());
}

/// A file system of its own, in memory; none where it may not be mounted, which is said past the test runner's capture.
struct Mounted {
    path: PathBuf,
    _folder: tempfile::TempDir,
}

impl Mounted {
    fn new(options: &str) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mounted = Self { path: folder.path().join("mounted"), _folder: folder };
        fs::create_dir(&mounted.path).unwrap();
        if mounted.try_mount(options) {
            return Some(mounted);
        }
        let line = "a test of full and read-only disks did not run: only root may mount one\n";
        std::io::stderr().write_all(line.as_bytes()).unwrap();
        None
    }

    fn try_mount(&self, options: &str) -> bool {
        let mut command = Command::new("mount");
        command.args(["-t", "tmpfs", "-o", options, "tmpfs", path(&self.path)]);
        command.stderr(Stdio::null()).status().is_ok_and(|status| status.success())
    }

    /// sled's threads give their files back a moment after the gallery is closed.
    fn mount(&self, options: &str) {
        let pause = || std::thread::sleep(Duration::from_millis(50));
        let done = (0..100).any(|_| {
            let is_done = self.try_mount(options);
            if !is_done {
                pause();
            }
            is_done
        });
        assert!(done, "{options}");
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.path).stderr(Stdio::null()).status();
    }
}

//! `kindred ingest` over folders and archives as people have them.

use std::fs;
use std::io::Write;
use std::path::Path;

use image::ImageFormat;
use kindred::gallery::{EmbeddedGallery, Gallery};

use crate::support::families::{self, encoded};
use crate::support::gallery::all_photos;
use crate::support::program::{Run, ingest, path, run};
use crate::support::{Random, bundle};

/// A folder with a tiny bundle in it, photos of `families` families, and a place for a gallery.
pub struct Archive {
    pub folder: tempfile::TempDir,
    pub ids: Vec<String>,
}

impl Archive {
    pub fn new(families: u64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        bundle::write(&folder.path().join("bundle"), 1);
        let ids = families::write(&folder.path().join("photos"), families, 3, 4);
        Self { folder, ids }
    }

    pub fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    pub fn ingest(&self) -> Run {
        ingest(&self.path("photos"), &self.path("gallery"), &self.path("bundle"))
    }
}

/// The identities of a gallery's photos, in order.
pub fn photo_ids(gallery: &Path) -> Vec<String> {
    let view = EmbeddedGallery::open(gallery).unwrap().view().unwrap();
    let mut ids: Vec<_> = all_photos(&*view).iter().map(|photo| photo.id.to_string()).collect();
    ids.sort();
    ids
}

#[test]
fn every_photo_is_enrolled_once_and_a_second_run_skips_them_all() {
    let archive = Archive::new(3);
    let first = archive.ingest();
    assert_eq!(first.code, 0, "{}", first.stderr);
    assert!(first.stdout.contains("36 photos enrolled"), "{}", first.stdout);
    assert_eq!(photo_ids(&archive.path("gallery")), archive.ids);

    let second = archive.ingest();
    assert!(
        second.stdout.contains("0 photos enrolled")
            && second.stdout.contains("36 were there already")
    );
    assert_eq!(photo_ids(&archive.path("gallery")), archive.ids);
}

#[test]
fn a_photo_whose_file_changed_is_enrolled_anew_in_its_place() {
    let archive = Archive::new(2);
    archive.ingest();
    let changed = archive.path("photos").join(format!("{}.png", archive.ids[5]));
    fs::write(changed, encoded(&families::photo(999, 0), ImageFormat::Png)).unwrap();
    let again = archive.ingest();
    assert!(
        again.stdout.contains("1 photos enrolled")
            && again.stdout.contains("23 were there already")
    );
    assert_eq!(photo_ids(&archive.path("gallery")), archive.ids);
}

#[test]
fn a_zip_archive_is_read_in_place_and_gives_the_same_gallery() {
    let archive = Archive::new(2);
    families::zip(&archive.path("photos"), &archive.ids, &archive.path("photos.zip"));
    archive.ingest();
    let zipped =
        ingest(&archive.path("photos.zip"), &archive.path("gallery"), &archive.path("bundle"));
    assert_eq!(zipped.code, 0, "{}", zipped.stderr);
    assert!(zipped.stdout.contains("24 were there already"), "{}", zipped.stdout);
}

#[test]
fn unreadable_photos_are_named_with_their_reason_and_stop_nothing() {
    let archive = Archive::new(2);
    let person = archive.path("photos/F0001/MID1");
    let jpeg = encoded(&families::photo(1, 1), ImageFormat::Jpeg);
    fs::write(person.join("cut.jpg"), &jpeg[..jpeg.len() / 2]).unwrap();
    fs::write(person.join("text.jpg"), "not a photo").unwrap();
    fs::write(person.join("phone.heic"), [0; 64]).unwrap();
    fs::write(person.join("notes.txt"), "who is this?").unwrap();
    fs::write(archive.path("photos/F0001/group.jpg"), &jpeg).unwrap();
    fs::copy(person.join("P00000_face1.png"), person.join("P00000_face1.PNG.png")).unwrap();
    fs::write(person.join("P00000_face1.jpg"), &jpeg).unwrap();

    let report = archive.ingest();
    assert_eq!(report.code, 2, "{}", report.stderr);
    for expected in [
        "rejected F0001/MID1/cut.jpg: damaged image: the file ends before the picture does",
        "rejected F0001/MID1/text.jpg: not an image in a supported format",
        "rejected F0001/MID1/phone.heic: not an image in a supported format",
        "rejected F0001/group.jpg: not in a folder F0001/MID1",
        "rejected F0001/MID1/P00000_face1.png: F0001/MID1/P00000_face1.jpg is the same photo",
        "1 files are no photos by their extension",
        "25 photos enrolled",
        "5 rejected",
    ] {
        assert!(report.stdout.contains(expected), "{expected} is not in\n{}", report.stdout);
    }
}

#[test]
fn one_familys_folder_can_be_ingested_alone() {
    let archive = Archive::new(2);
    let report =
        ingest(&archive.path("photos/F0002"), &archive.path("gallery"), &archive.path("bundle"));
    assert!(report.stdout.contains("12 photos enrolled"), "{}{}", report.stdout, report.stderr);
    assert_eq!(photo_ids(&archive.path("gallery")), archive.ids[12..]);
}

#[test]
fn kin_pairs_are_listed_in_both_spellings_and_come_back_with_a_search() {
    let archive = Archive::new(2);
    let pairs = archive.path("pairs.csv");
    fs::write(
        &pairs,
        "p1,p2\nF0001/MID1,F0001/MID2\nF0001\\MID1,F0001\\MID3\nF0009/MID1,F0009/MID2\n",
    )
    .unwrap();
    let (photos, gallery, bundle) =
        (archive.path("photos"), archive.path("gallery"), archive.path("bundle"));
    let report = run(&[
        "ingest",
        "--photos",
        path(&photos),
        "--gallery",
        path(&gallery),
        "--model",
        path(&bundle),
        "--relationships",
        path(&pairs),
    ]);
    assert!(
        report.stdout.contains("3 kin pairs listed, 1 of them name a person without a photo"),
        "{}",
        report.stdout
    );
    let probe = photos.join("F0001/MID1/P00000_face1.png");
    let answer = run(&["search", path(&probe), "--gallery", path(&gallery), "--format", "json"]);
    let answer: serde_json::Value = serde_json::from_str(&answer.stdout).unwrap();
    let own = &answer["same_person"][0];
    assert_eq!(own["person"], "F0001/MID1");
    assert_eq!(own["listed_kin"], serde_json::json!(["F0001/MID2", "F0001/MID3"]));
    let mut matches = answer["matches"].as_array().unwrap().iter();
    let other = matches.find(|found| found["person"] == "F0001/MID2").unwrap();
    assert!(other["listed_kin"].as_array().unwrap().contains(&serde_json::json!("F0001/MID1")));
}

#[test]
fn bad_input_is_one_line_of_error_and_leaves_no_gallery_behind() {
    let archive = Archive::new(1);
    let empty = archive.path("empty");
    fs::create_dir(&empty).unwrap();
    let loose = archive.path("loose");
    fs::create_dir(&loose).unwrap();
    fs::write(loose.join("photo.png"), encoded(&families::photo(1, 1), ImageFormat::Png)).unwrap();
    let (gallery, bundle, photos) =
        (archive.path("gallery"), archive.path("bundle"), archive.path("photos"));

    let refused = |folder: &Path, model: &Path, expected: &str| {
        let run = ingest(folder, &gallery, model);
        assert!(run.error().contains(expected), "{expected}: {}", run.error());
    };
    refused(&empty, &bundle, "no photos in");
    refused(&loose, &bundle, "the layout is F0001/MID1/photo.jpg");
    refused(&archive.path("nowhere"), &bundle, "cannot read");
    refused(&loose.join("photo.png"), &bundle, "neither a folder nor an intact zip archive");
    refused(&photos, &archive.path("nowhere"), "no bundle at");
    fs::write(bundle.join("tiny.safetensors"), "damaged").unwrap();
    refused(&photos, &bundle, "has SHA-256");
    fs::remove_file(bundle.join("tiny.safetensors")).unwrap();
    refused(&photos, &bundle, "are missing; put the file there");
    assert!(!gallery.exists(), "nothing usable was given, so nothing was made");
}

#[test]
fn a_gallery_made_with_another_model_is_refused_and_kept() {
    let archive = Archive::new(1);
    archive.ingest();
    bundle::write(&archive.path("other"), 2);
    let other = ingest(&archive.path("photos"), &archive.path("gallery"), &archive.path("other"));
    assert!(other.error().contains("made with another model"), "{}", other.error());
    assert_eq!(photo_ids(&archive.path("gallery")), archive.ids);
}

#[test]
fn a_folder_that_is_no_gallery_is_left_alone() {
    let archive = Archive::new(1);
    let photos = archive.path("photos");
    let refused = ingest(&photos, &photos, &archive.path("bundle"));
    assert!(refused.error().contains("is not a gallery and not empty"), "{}", refused.error());
    assert!(!photos.join("store").exists());
}

#[test]
fn a_random_zip_archive_is_refused_or_rejected_but_never_crashes() {
    let archive = Archive::new(1);
    let mut bytes = Vec::new();
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(&mut bytes));
    let options = zip::write::SimpleFileOptions::default();
    zip.start_file("F0001/MID1/a.png", options).unwrap();
    zip.write_all(&encoded(&families::photo(1, 1), ImageFormat::Png)).unwrap();
    zip.finish().unwrap();
    let mut random = Random(5);
    for _ in 0..12 {
        let mut damaged = bytes.clone();
        for _ in 0..8 {
            let at = random.below(damaged.len() as u64) as usize;
            damaged[at] = random.next() as u8;
        }
        damaged.truncate(damaged.len() - random.below(20) as usize);
        fs::write(archive.path("damaged.zip"), &damaged).unwrap();
        let run =
            ingest(&archive.path("damaged.zip"), &archive.path("gallery"), &archive.path("bundle"));
        assert!([0, 1].contains(&run.code) && !run.stderr.contains("panicked"), "{}", run.stderr);
    }
}

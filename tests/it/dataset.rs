//! `kindred dataset`: what it says of a collection, and the contact sheet it draws.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use image::ImageFormat;
use kindred::dataset::Source;
use kindred::domain::Progress;
use kindred::inspect::survey;
use kindred::photo::{self, Limits, Photo};
use serde_json::{Value, json};

use crate::support::families::{self, encoded};
use crate::support::program::{Run, path, run};

/// Photos of families of three people with four photos each, and a list of kin. The first photos of everybody in a
/// family are of one photograph, and so are the second, third and fourth ones.
struct Collection {
    folder: tempfile::TempDir,
    ids: Vec<String>,
}

impl Collection {
    fn new(families: u64, list: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let ids = families::write(&folder.path().join("photos"), families, 3, 4);
        fs::write(folder.path().join("kin.csv"), list).unwrap();
        Self { folder, ids }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn describe(&self, options: &[&str]) -> Run {
        let (photos, list) = (self.path("photos"), self.path("kin.csv"));
        run(&[&["dataset", "--photos", path(&photos), "--relationships", path(&list)], options]
            .concat())
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.describe(&["--format", "json"]).stdout).unwrap()
    }
}

fn decoded(file: &Path) -> Photo {
    photo::decode(&fs::read(file).unwrap(), &Limits::default()).unwrap()
}

/// The photo at a row, side and place of a contact sheet: rows of 150 pixels, of which the label takes 22.
fn tile(sheet: &Photo, [row, side, at]: [u32; 3]) -> Photo {
    let (x, y) = (16 + side * 476 + at * 116, 16 + row * 150 + 22);
    let line = |y: u32| &sheet.rgb[3 * (y * sheet.width + x) as usize..][..3 * 112];
    Photo { width: 112, height: 112, rgb: (y..y + 112).flat_map(line).copied().collect() }
}

#[test]
fn families_people_photos_and_kin_are_counted_and_faces_of_one_photograph_make_no_pair() {
    let list = "p1,p2,relation\nF0001/MID1,F0001/MID2,fd\nF0001/MID1,F0001/MID3,fs\n\
                F0002/MID1,F0002/MID2,fd\nF0002/MID2,F0002/MID1\nF0001/MID1,F0002/MID1,bb\n";
    let collection = Collection::new(2, list);
    for name in ["P00000_face3", "P00001_face3", "P00002_face3"] {
        fs::remove_file(collection.path(&format!("photos/F0002/MID3/{name}.png"))).unwrap();
    }
    let found = collection.json();
    assert_eq!([&found["families"], &found["people"], &found["photos"]], [2, 6, 21]);
    let spread = |low, median, high| json!({"smallest": low, "median": median, "largest": high});
    assert_eq!(found["photos_per_family"], spread(9, 10.5, 12));
    assert_eq!(found["photos_per_person"], spread(1, 4.0, 4));
    let count = |pairs: usize| json!({"pairs": pairs, "photo_pairs": 12 * pairs, "photo_pairs_left_out": 4 * pairs});
    let kin = &found["kin"];
    assert_eq!([&kin["listed_pairs"], &kin["listed_people"]], [5, 5]);
    assert_eq!(kin["usable"], count(3));
    assert_eq!(kin["by_relation"], json!({"fd": count(2), "fs": count(1)}));
    assert_eq!([&kin["listed_twice"], &kin["across_families"], &kin["lacking_photos"]], [1, 1, 0]);
}

#[test]
fn the_same_is_said_in_words_and_of_a_zip_archive() {
    let collection = Collection::new(2, "F0001/MID1,F0001/MID2,fd\n");
    let report = collection.describe(&[]);
    assert_eq!(report.code, 0, "{}", report.stderr);
    for line in [
        "families           2",
        "people             6",
        "photos             24; 0 rejected, 0 misplaced",
        "photos per family  12 to 12, median 12",
        "photos per person  4 to 4, median 4",
        "listed kin pairs   1, of 2 people",
        "their photo pairs  12, and 4 left out because both faces are of one photograph",
        "fd   father and daughter                   1           12         4",
    ] {
        assert!(report.stdout.lines().any(|found| found == line), "{line}\n{}", report.stdout);
    }
    let zip = collection.path("photos.zip");
    families::zip(&collection.path("photos"), &collection.ids, &zip);
    let list = collection.path("kin.csv");
    let zipped = run(&["dataset", "--photos", path(&zip), "--relationships", path(&list)]);
    assert_eq!(zipped.stdout, report.stdout);
}

#[test]
fn without_a_list_of_kin_only_photos_are_described() {
    let collection = Collection::new(1, "");
    let photos = collection.path("photos");
    let report = run(&["dataset", "--photos", path(&photos), "--format", "json"]);
    let found: Value = serde_json::from_str(&report.stdout).unwrap();
    assert_eq!((found["photos"].as_u64(), &found["kin"]), (Some(12), &Value::Null));
}

#[test]
fn photos_of_the_same_bytes_are_named_and_across_people_called_a_fault() {
    let collection = Collection::new(2, "");
    let copy = |to: &str| {
        let from = collection.path("photos/F0001/MID1/P00000_face1.png");
        fs::copy(from, collection.path("photos").join(to)).unwrap();
    };
    copy("F0001/MID1/again.png");
    assert!(!collection.describe(&[]).stdout.contains("labelling fault"));
    copy("F0002/MID3/same.png");
    let ids = ["F0001/MID1/P00000_face1", "F0001/MID1/again", "F0002/MID3/same"];
    let expected = json!([{"photos": ids, "across_people": true}]);
    assert_eq!(collection.json()["duplicates"], expected);
    let report = collection.describe(&[]);
    let line = format!("duplicate {} (different people: a labelling fault)", ids.join(", "));
    assert!(report.stdout.contains(&line), "{}", report.stdout);
    assert_eq!(report.code, 0);
}

#[test]
fn unreadable_photos_are_named_not_counted_and_told_by_the_exit_code() {
    let collection = Collection::new(1, "F0001/MID1,F0001/MID2\n");
    let jpeg = encoded(&families::photo(1, 1), ImageFormat::Jpeg);
    fs::write(collection.path("photos/F0001/MID1/cut.jpg"), &jpeg[..jpeg.len() / 2]).unwrap();
    fs::write(collection.path("photos/F0001/group.jpg"), &jpeg).unwrap();
    fs::write(collection.path("photos/F0001/notes.txt"), "who is this?").unwrap();
    let report = collection.describe(&[]);
    assert_eq!(report.code, 2, "{}", report.stderr);
    for expected in [
        "rejected F0001/MID1/cut.jpg: damaged image: the file ends before the picture does",
        "misplaced F0001/group.jpg: not in a folder F0001/MID1",
        "1 files are no photos by their extension",
        "photos             12; 1 rejected, 1 misplaced",
        "their photo pairs  12, and 4 left out",
    ] {
        assert!(report.stdout.contains(expected), "{expected} is not in\n{}", report.stdout);
    }
}

#[test]
fn listed_people_without_photos_are_counted_and_named() {
    let people: Vec<String> = (10..22).map(|number| format!("F0001/MID{number}")).collect();
    let list: String = people.iter().map(|person| format!("F0001/MID1,{person},fs\n")).collect();
    let collection = Collection::new(1, &list);
    let report = collection.describe(&[]);
    assert_eq!(report.code, 0, "{}", report.stderr);
    let ten = people[..10].join(", ");
    let line =
        format!("not usable         12: they name 12 people without photos: {ten} and 2 more");
    assert!(report.stdout.lines().any(|found| found == line), "{}", report.stdout);
    let kin = &collection.json()["kin"];
    assert_eq!(kin["people_without_photos"], json!(people));
    assert_eq!([&kin["lacking_photos"], &kin["usable"]["pairs"]], [12, 0]);
}

#[test]
fn the_contact_sheet_shows_the_photos_of_related_people_and_is_the_same_again() {
    let list = "F0001/MID2,F0001/MID3,ss\nF0002/MID1,F0002/MID2,fs\n";
    let collection = Collection::new(3, list);
    let file = collection.path("sheet.png");
    let draw = || collection.describe(&["--contact-sheet", path(&file)]);
    assert!(draw().stderr.contains("2 kin pairs drawn in"));
    let (bytes, sheet) = (fs::read(&file).unwrap(), decoded(&file));
    assert_eq!(&bytes[..8], b"\x89PNG\r\n\x1a\n");
    assert_eq!((sheet.width, sheet.height), (968, 2 * 150 + 16));

    let photo = |person: &str, number: u32| {
        let member = person.chars().last().unwrap();
        let name = format!("photos/{person}/P{number:05}_face{member}.png");
        photo::resize(&decoded(&collection.path(&name)), 112, 112)
    };
    let mut rows = [["F0001/MID2", "F0001/MID3"], ["F0002/MID1", "F0002/MID2"]];
    // Which of the families comes first is left to chance, but to the same chance each time.
    if tile(&sheet, [0, 0, 0]) != photo(rows[0][0], 0) {
        rows.reverse();
    }
    for (row, people) in (0..).zip(rows) {
        for (side, person) in (0..).zip(people) {
            let shown = |at| tile(&sheet, [row, side, at]) == photo(person, at);
            assert!((0..4).all(shown), "{person} in row {row}");
        }
    }
    fs::write(&file, "what was there before").unwrap();
    assert_eq!(draw().code, 0);
    assert!(fs::read(&file).unwrap() == bytes, "the same sheet, in place of the file before");
}

#[test]
fn bad_input_is_one_line_of_error() {
    let collection = Collection::new(1, "name,age\nF0001/MID1,12\n");
    let refused = |run: Run, expected: &str| {
        assert!(run.error().contains(expected), "{expected}: {}", run.error());
    };
    refused(collection.describe(&[]), "kin.csv line 1: 'name' is not a person");
    fs::write(collection.path("kin.csv"), "F0001/MID1,F0001/MID9\n").unwrap();
    let (sheet, list) = (collection.path("sheet.png"), collection.path("kin.csv"));
    refused(collection.describe(&["--contact-sheet", path(&sheet)]), "none of the listed kin");
    refused(collection.describe(&["--contact-sheet", path(&list)]), "must end in .png");
    fs::write(&list, "F0001/MID1,F0001/MID2\n").unwrap();
    let nowhere = collection.path("nowhere/sheet.png");
    refused(collection.describe(&["--contact-sheet", path(&nowhere)]), "cannot write");
    assert!(!sheet.exists() && !nowhere.exists());

    let loose = collection.path("loose");
    fs::create_dir(&loose).unwrap();
    refused(run(&["dataset", path(&loose)]), "no photos in");
    fs::write(loose.join("photo.png"), encoded(&families::photo(1, 1), ImageFormat::Png)).unwrap();
    refused(run(&["dataset", path(&loose)]), "the layout is F0001/MID1/photo.jpg");
    refused(run(&["dataset", path(&collection.path("nowhere"))]), "cannot read");
}

/// Asks to stop once some photos are done.
#[derive(Default)]
struct StopAfter {
    done: AtomicU64,
    limit: u64,
}

impl Progress for StopAfter {
    fn begin(&self, _: &str, _: u64, _: &str) {}

    fn advance(&self, units: u64) {
        self.done.fetch_add(units, Ordering::Relaxed);
    }

    fn cancelled(&self) -> bool {
        self.done.load(Ordering::Relaxed) >= self.limit
    }
}

#[test]
fn a_survey_stops_when_it_is_asked_to_and_says_nothing_then() {
    let collection = Collection::new(4, "");
    let surveyed = |limit: u64| {
        let progress = StopAfter { limit, ..StopAfter::default() };
        let mut source = Source::open(&collection.path("photos")).unwrap();
        let found = survey(&mut source, None, &progress).unwrap();
        (found.map(|found| found.summary.photos), progress.done.into_inner())
    };
    assert_eq!(surveyed(1), (None, 16));
    assert_eq!(surveyed(49), (Some(48), 48));
}

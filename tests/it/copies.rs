//! Looking after a gallery from the command line: copies, removal, and what is said of it.

use std::fs;
use std::path::Path;

use crate::ingest::{Archive, photo_ids};
use crate::support::program::{Run, path, run};

fn gallery(command: &str, rest: &[&str]) -> Run {
    run(&[&["gallery", command], rest].concat())
}

fn export(archive: &Archive) -> std::path::PathBuf {
    let file = archive.path("copy.zip");
    let exported =
        gallery("export", &["--gallery", path(&archive.path("gallery")), "--out", path(&file)]);
    assert_eq!(exported.code, 0, "{}", exported.stderr);
    file
}

fn import(file: &Path, into: &Path) -> Run {
    gallery("import", &[path(file), "--gallery", path(into)])
}

#[test]
fn an_exported_gallery_is_the_same_after_import() {
    let archive = Archive::new(3);
    archive.ingest();
    let kin = archive.path("kin.csv");
    fs::write(&kin, "F0001/MID1,F0001/MID2,fd\nF0002/MID1,F0002/MID3\n").unwrap();
    let photos = archive.path("photos");
    let (bundle, original) = (archive.path("bundle"), archive.path("gallery"));
    let places =
        ["--photos", path(&photos), "--gallery", path(&original), "--model", path(&bundle)];
    let more = ["--relationships", path(&kin), "--keep-photos"];
    let again = run(&[&["ingest"][..], &places, &more].concat());
    assert!(again.stdout.contains("36 photos enrolled"), "they have no picture: {}", again.stdout);
    let once_more = run(&[&["ingest"][..], &places, &more].concat());
    assert!(once_more.stdout.contains("36 were there already"), "{}", once_more.stdout);
    let file = export(&archive);
    let copy = archive.path("elsewhere");
    // Twice is as once.
    for _ in 0..2 {
        let imported = import(&file, &copy);
        assert_eq!(imported.code, 0, "{}", imported.stderr);
        assert!(
            imported.stdout.contains("36 photos and 2 listed kin pairs"),
            "{}",
            imported.stdout
        );
    }
    assert_eq!(photo_ids(&copy), archive.ids);
    let probe = photos.join(format!("{}.png", archive.ids[4]));
    let search = |gallery: &Path| {
        let found = run(&["search", path(&probe), "--gallery", path(gallery)]);
        assert_eq!(found.code, 0, "{}", found.stderr);
        found.stdout
    };
    assert_eq!(search(&copy), search(&original));
    let verified = gallery("verify", &["--gallery", path(&copy)]);
    assert!(verified.stdout.contains("kin pairs     2\n"), "{}", verified.stdout);
    assert!(verified.stdout.contains("thumbnails    36\n"), "{}", verified.stdout);
}

#[test]
fn a_damaged_archive_is_refused_and_nothing_is_imported() {
    let archive = Archive::new(3);
    archive.ingest();
    let file = export(&archive);
    let (bytes, into) = (fs::read(&file).unwrap(), archive.path("into"));
    for length in [0, 100, bytes.len() / 2, bytes.len() - 1] {
        fs::write(&file, &bytes[..length]).unwrap();
        assert!(import(&file, &into).error().contains("not an intact archive"));
    }
    for at in (0..bytes.len()).step_by(bytes.len() / 40) {
        let mut damaged = bytes.clone();
        damaged[at] ^= 4;
        fs::write(&file, damaged).unwrap();
        let imported = import(&file, &into);
        assert!(imported.code == 0 || imported.error().contains("archive"), "{}", imported.stderr);
        if imported.code == 0 {
            assert_eq!(photo_ids(&into), archive.ids);
            fs::remove_dir_all(&into).unwrap();
        }
        assert!(!into.exists());
    }
    let missing = import(&archive.path("nothing.zip"), &into);
    assert!(missing.error().contains("cannot use"), "{}", missing.stderr);
}

#[test]
fn people_are_removed_by_name_and_only_if_they_are_there() {
    let archive = Archive::new(3);
    archive.ingest();
    let place = archive.path("gallery");
    let removed = gallery("delete", &["--gallery", path(&place), "F0001/MID2", "F0002"]);
    assert_eq!(removed.code, 0, "{}", removed.stderr);
    assert!(removed.stdout.contains("removed 4 photos, 4 embeddings"), "{}", removed.stdout);
    assert!(removed.stdout.contains("removed 12 photos, 12 embeddings"), "{}", removed.stdout);
    let again = gallery("delete", &["--gallery", path(&place), "F0002"]);
    assert!(again.error().contains("F0002 is not in the gallery"), "{}", again.stderr);
    assert_eq!(gallery("delete", &["--gallery", path(&place), "the Smiths"]).code, 64);
    let compact = gallery("compact", &["--gallery", path(&place)]);
    assert!(compact.stdout.contains("photos        20 of 5 people"), "{}", compact.stdout);
    assert!(compact.stdout.contains("everything is intact"), "{}", compact.stdout);
    let stays = |id: &&String| !id.starts_with("F0002") && !id.starts_with("F0001/MID2");
    assert!(photo_ids(&place).iter().eq(archive.ids.iter().filter(stays)));
}

#[test]
fn a_search_keeps_to_whom_it_is_told() {
    let archive = Archive::new(3);
    archive.ingest();
    let probe = archive.path("photos").join(format!("{}.png", archive.ids[0]));
    let search = |more: &[&str]| {
        let place = archive.path("gallery");
        let found = run(&[&["search", path(&probe), "--gallery", path(&place)], more].concat());
        assert_eq!(found.code, 0, "{}", found.stderr);
        found.stdout
    };
    let only = search(&["--include", "F0002", "--include", "F0003/MID1"]);
    assert!(only.contains("F0002/MID1") && only.contains("F0003/MID1"), "{only}");
    assert!(!only.contains("F0001") && !only.contains("F0003/MID2"), "{only}");
    let without = search(&["--exclude", "F0001", "--exact", "--vector-dtype", "f16"]);
    assert!(!without.contains("F0001") && without.contains("F0003/MID2"), "{without}");
}

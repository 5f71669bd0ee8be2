//! Whatever happens to the process, the gallery is whole.

use std::path::Path;
use std::process::Stdio;
use std::thread::sleep;
use std::time::Instant;

use kindred::domain::Embedding;
use kindred::gallery::{EmbeddedGallery, Gallery};

use crate::ingest::{Archive, photo_ids};
use crate::support::Random;
use crate::support::program::{ingest, kindred, path};

#[test]
fn a_killed_ingest_goes_on_and_ends_with_every_photo_once() {
    let archive = Archive::new(60);
    let (photos, gallery, bundle) =
        (archive.path("photos"), archive.path("gallery"), archive.path("bundle"));
    let untouched = archive.path("untouched");
    let started = Instant::now();
    assert_eq!(ingest(&photos, &untouched, &bundle).code, 0);
    let whole = started.elapsed();

    let mut random = Random(2024);
    let mut sizes = Vec::new();
    // Later and later, until nothing is left to do: some kill comes while photos are being stored.
    for attempt in 0..20 {
        if sizes.last() == Some(&archive.ids.len()) {
            break;
        }
        let mut command = kindred(&[
            "ingest",
            "--photos",
            path(&photos),
            "--gallery",
            path(&gallery),
            "--model",
            path(&bundle),
        ]);
        let mut process = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        sleep(whole.mul_f32(0.1 * (attempt as f32 + 1.0 + random.signed())));
        // SIGKILL; it may have ended already.
        let _ = process.kill();
        process.wait().unwrap();
        sizes.push(
            EmbeddedGallery::open(&gallery).map_or(0, |gallery| gallery.photo_count().unwrap()),
        );
    }
    assert!(sizes.is_sorted(), "what was stored stays: {sizes:?}");
    assert!(
        sizes.iter().any(|&size| 0 < size && size < archive.ids.len()),
        "no kill hit the middle: {sizes:?}"
    );

    assert_eq!(archive.ingest().code, 0);
    assert_eq!(photo_ids(&gallery), archive.ids);
    assert_eq!(embeddings(&gallery, &archive.ids), embeddings(&untouched, &archive.ids));
}

/// Every photo's embedding.
fn embeddings(gallery: &Path, ids: &[String]) -> Vec<Embedding> {
    let gallery = EmbeddedGallery::open(gallery).unwrap();
    let all = |id: &String| gallery.embeddings(&id.parse().unwrap()).unwrap().unwrap();
    ids.iter().flat_map(all).collect()
}

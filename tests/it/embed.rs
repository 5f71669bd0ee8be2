//! `kindred embed`

use std::fs;

use kindred::gallery::Gallery;
use safetensors::SafeTensors;

use crate::ingest::Archive;
use crate::support::program::{path, run};

#[test]
fn embeddings_and_paths_are_written_in_one_order_and_equal_the_gallerys() {
    let archive = Archive::new(2);
    archive.ingest();
    fs::write(archive.path("photos/F0001/broken.jpg"), "text").unwrap();
    let (photos, bundle, out) =
        (archive.path("photos"), archive.path("bundle"), archive.path("out.safetensors"));
    let report = run(&["embed", path(&photos), "--model", path(&bundle), "--out", path(&out)]);
    assert_eq!(report.code, 2, "{}", report.stderr);
    assert!(report.stdout.contains("24 photos embedded, 1 rejected"), "{}", report.stdout);

    let bytes = fs::read(&out).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let tensor = file.tensor("embeddings").unwrap();
    assert_eq!((tensor.shape(), tensor.dtype()), (&[24, 16][..], safetensors::Dtype::F32));
    let paths = fs::read_to_string(archive.path("out.csv")).unwrap();
    let expected: Vec<String> = archive.ids.iter().map(|id| format!("{id}.png")).collect();
    assert_eq!(paths.lines().collect::<Vec<_>>(), [&["path".to_owned()][..], &expected].concat());

    let (values, _) = tensor.data().as_chunks::<4>();
    let values: Vec<f32> = values.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
    let gallery = Gallery::open(&archive.path("gallery")).unwrap();
    for (row, id) in values.chunks(16).zip(&archive.ids) {
        let enrolled = gallery.embeddings(&id.parse().unwrap()).unwrap().unwrap().remove(0);
        let cosine: f32 = row.iter().zip(enrolled.as_slice()).map(|(a, b)| a * b).sum();
        assert!(cosine > 0.999_999, "{id}: {cosine}");
    }
}

#[test]
fn nothing_is_written_where_nothing_could_be_embedded() {
    let archive = Archive::new(1);
    let broken = archive.path("broken");
    fs::create_dir(&broken).unwrap();
    fs::write(broken.join("a.jpg"), "text").unwrap();
    let (bundle, out) = (archive.path("bundle"), archive.path("out.safetensors"));
    let report = run(&["embed", path(&broken), "--model", path(&bundle), "--out", path(&out)]);
    assert!(report.error().contains("nothing was written"), "{}", report.error());
    assert!(!out.exists());
    let csv = archive.path("out.csv");
    let report = run(&["embed", path(&broken), "--model", path(&bundle), "--out", path(&csv)]);
    assert!(report.error().contains("would be overwritten"), "{}", report.error());
}

//! `kindred embed`

use std::fs;
use std::path::Path;

use kindred::bundle::Bundle;
use kindred::domain::Embedding;
use kindred::engine::{Device, Precision};
use kindred::gallery::{EmbeddedGallery, Gallery};
use kindred::photo::{Limits, Photo, decode};
use safetensors::SafeTensors;

use crate::ingest::Archive;
use crate::support::program::{path, run};
use crate::support::{bundle, families};

#[test]
fn embeddings_and_paths_are_written_in_one_order_and_equal_the_gallerys() {
    let archive = Archive::new(2);
    archive.ingest();
    fs::write(archive.path("photos/F0001/broken.jpg"), "text").unwrap();
    let (photos, bundle, out) =
        (archive.path("photos"), archive.path("bundle"), archive.path("out.safetensors"));
    let report =
        run(&["embed", "--photos", path(&photos), "--model", path(&bundle), "--out", path(&out)]);
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
    let gallery = EmbeddedGallery::open(&archive.path("gallery")).unwrap();
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
    let report =
        run(&["embed", "--photos", path(&broken), "--model", path(&bundle), "--out", path(&out)]);
    assert!(report.error().contains("nothing was written"), "{}", report.error());
    assert!(!out.exists());
    let csv = archive.path("out.csv");
    let report =
        run(&["embed", "--photos", path(&broken), "--model", path(&bundle), "--out", path(&csv)]);
    assert!(report.error().contains("would be overwritten"), "{}", report.error());
}

/// Per photo its embeddings by the bundle in a folder.
fn embedded(bundle: &Path, photos: &[Photo]) -> Vec<Vec<Embedding>> {
    let loaded = Bundle::load(bundle, Device::Cpu, Precision::F32).unwrap();
    let photos: Vec<_> = photos.iter().map(|photo| loaded.faces(photo).unwrap()).collect();
    let faces: Vec<_> = photos.iter().map(|found| &found.faces[0]).collect();
    loaded.embed_faces(&faces).unwrap().into_iter().map(Result::unwrap).collect()
}

#[test]
fn backbones_of_the_same_weights_embed_as_each_does_alone() {
    let folder = tempfile::tempdir().unwrap();
    let ids = families::write(&folder.path().join("photos"), 1, 3, 4);
    let read = |id: &String| fs::read(folder.path().join(format!("photos/{id}.png"))).unwrap();
    let photos: Vec<_> =
        ids.iter().map(|id| decode(&read(id), &Limits::default()).unwrap()).collect();
    let all = folder.path().join("all");
    fs::create_dir(&all).unwrap();
    // All have the same weights but one, which stands between them.
    let mut together = String::new();
    let mut expected: Vec<Vec<Embedding>> = vec![Vec::new(); photos.len()];
    let seen =
        [(1, "stretch", false), (2, "stretch", false), (1, "center", false), (1, "stretch", true)];
    for (seed, crop, mirror) in seen {
        let (name, file) = (format!("{crop}-{seed}-{mirror}"), format!("{seed}.safetensors"));
        let alone = folder.path().join(&name);
        bundle::write(&alone, seed);
        fs::rename(alone.join("tiny.safetensors"), alone.join(&file)).unwrap();
        fs::copy(alone.join(&file), all.join(&file)).unwrap();
        let manifest = fs::read_to_string(alone.join("manifest.toml")).unwrap();
        let manifest = manifest
            .replace("tiny.safetensors", &file)
            .replace("tiny", &name)
            .replace("0.0078125 }", &format!("0.0078125, mirror = {mirror}, crop = \"{crop}\" }}"));
        fs::write(alone.join("manifest.toml"), &manifest).unwrap();
        let backbone = manifest.find("[[backbone]]").unwrap();
        together += if together.is_empty() { &manifest } else { &manifest[backbone..] };
        for (all, own) in expected.iter_mut().zip(embedded(&alone, &photos)) {
            all.extend(own);
        }
    }
    fs::write(all.join("manifest.toml"), together).unwrap();
    let found = embedded(&all, &photos);
    for (found, expected) in found.iter().zip(&expected) {
        assert_ne!(expected[0].as_slice(), expected[2].as_slice());
        assert_ne!(expected[0].as_slice(), expected[3].as_slice());
        for (found, expected) in found.iter().zip(expected) {
            assert_eq!(found.as_slice(), expected.as_slice());
        }
    }
    assert!(found.iter().all(|embeddings| embeddings.len() == 4));
}

//! Adds the photos of `data/sample` to a gallery, and searches it with one of them.
//!
//! `cargo run --release --example library`

#![expect(clippy::print_stdout, reason = "an example prints what it finds")]

use std::error::Error;
use std::path::Path;

use kindred::bundle::Bundle;
use kindred::dataset::{Source, read_relationships};
use kindred::domain::NoProgress;
use kindred::engine::{Device, Precision};
use kindred::gallery::{EmbeddedGallery, Gallery};
use kindred::ingest::{Plan, ingest, relate};
use kindred::pipeline::{PhotoFile, Thumbnails, embed, prepare};
use kindred::search::{Options, Probe, Query, ReferenceCache, SearchContext, search};

fn main() -> Result<(), Box<dyn Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let photos = root.join("data/sample");
    let model = root.join("models/default");
    let bundle = Bundle::load(&model, Device::Cpu, Precision::F32)?;

    // A gallery belongs to a bundle: its embeddings are comparable with no others.
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("gallery");
    let gallery = EmbeddedGallery::open_or_create(&path, bundle.space(), &model)?;
    let report = ingest(Plan::new(Source::open(&photos)?)?, &gallery, &bundle, &NoProgress)?;
    relate(&gallery, &read_relationships(&photos.join("relationships.csv"))?)?;
    println!("{} photos added", report.enrolled);

    // A probe is one person. Each photo gives one embedding per backbone.
    let file = PhotoFile::read(&photos.join("F0001/MID1/P00001_face0.jpg"))?;
    let prepared = prepare(&bundle, &file, Thumbnails::Skip)?.with_face()?;
    let mut probe = Vec::new();
    let mut files = Vec::new();
    for photo in embed(&bundle, vec![prepared])? {
        let photo = photo?;
        files.push(photo.content_hash);
        probe.extend(photo.faces.into_iter().next().map(|face| face.embeddings));
    }

    // The people of the probe's files are known, and never listed as relatives.
    let view = gallery.view_for(bundle.space())?;
    let known = view.people_of_files(&files)?;
    let query = Query::Relatives(Probe { photos: &probe, known });
    let context = SearchContext::new(&view, bundle.ensemble(), &ReferenceCache::default())?;
    let answer = search(&context, &query, &Options { limit: 5, ..Options::default() })?;
    for person in &answer.people {
        let is_kin = person.kinship.as_ref().is_some_and(|kinship| kinship.is_kin);
        println!(
            "{:<12} {:.3} {}",
            person.person.to_string(),
            person.cosine,
            if is_kin { "*" } else { "" }
        );
    }
    Ok(())
}

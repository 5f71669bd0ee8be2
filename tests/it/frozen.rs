//! Galleries that were made when a schema was the newest one are read by every later version.
//!
//! Each is a zip archive of a whole gallery, with 21 photos of drawn people and 18 kin pairs.

use std::io::Cursor;

use kindred::gallery::{EmbeddedGallery, Gallery, NearestQuery};

use crate::support::gallery::nearest_to;

const SCHEMAS: [&[u8]; 3] = [
    include_bytes!("frozen/schema-1.zip"),
    include_bytes!("frozen/schema-2.zip"),
    include_bytes!("frozen/schema-3.zip"),
];

#[test]
fn a_gallery_of_every_schema_is_opened_and_has_what_it_had() {
    let mut answers = Vec::new();
    for (schema, archive) in (1..).zip(SCHEMAS) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("gallery");
        zip::ZipArchive::new(Cursor::new(archive)).unwrap().extract(&path).unwrap();
        for _ in 0..2 {
            let gallery = EmbeddedGallery::open(&path).unwrap();
            let stats = gallery.verify().unwrap();
            let counts = (stats.photos, stats.people, stats.relationships, stats.schema);
            assert_eq!(counts, (21, 8, 18, SCHEMAS.len() as u32), "schema {schema}");
            // From the third on photos may have a small picture; here one has.
            assert_eq!(stats.thumbnails, usize::from(schema >= 3), "schema {schema}");
            let probe = gallery.embeddings(&"F0001/MID1/P00001_face0".parse().unwrap());
            let view = gallery.view().unwrap();
            let nearest = nearest_to(&*view, &probe.unwrap().unwrap()[0], &NearestQuery::new(5));
            let found = nearest.neighbors.iter();
            answers.push(
                found.map(|n| (n.photo.id.to_string(), n.cosine.to_bits())).collect::<Vec<_>>(),
            );
        }
    }
    assert_eq!(answers[0][0].0, "F0001/MID1/P00001_face0");
    assert!(answers.iter().all(|answer| *answer == answers[0]));
}

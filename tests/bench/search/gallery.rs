//! A gallery of drawn faces.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Instant;

use kindred::domain::{
    ContentHash, EmbeddedFace, EmbeddedPhoto, Embedding, EmbeddingSpace, Fingerprint, NoProgress,
    PhotoId,
};
use kindred::gallery::{
    EmbeddedGallery, Gallery, GalleryView, Nearest, NearestQuery, NewPhoto, VectorPrecision,
};

use super::Index;
use super::faces::Faces;

const NEIGHBOURS: usize = 10;

pub struct Ours {
    path: PathBuf,
    precision: VectorPrecision,
    gallery: Option<EmbeddedGallery>,
    view: Option<Arc<dyn GalleryView>>,
    queries: Vec<Embedding>,
    /// Per query the nearest, by a full comparison.
    truth: Vec<Vec<PhotoId>>,
}

impl Ours {
    /// Enrols the faces, without a graph yet.
    pub fn new(folder: &Path, faces: &Faces, precision: VectorPrecision) -> Self {
        let path = folder.join("gallery");
        let space =
            EmbeddingSpace { fingerprint: Fingerprint([1; 32]), dimensions: vec![faces.width] };
        let gallery = EmbeddedGallery::open_or_create(&path, &space, folder).unwrap();
        for (batch, vectors) in faces.vectors.chunks(1024).enumerate() {
            let enrolments = vectors.iter().enumerate().map(|(at, vector)| NewPhoto {
                id: id(1024 * batch + at),
                photo: EmbeddedPhoto {
                    content_hash: ContentHash([0; 32]),
                    thumbnail: None,
                    faces: vec![EmbeddedFace { embeddings: vec![vector.clone()] }],
                },
            });
            gallery.add_photos(enrolments.collect()).unwrap();
        }
        let view = gallery.view().unwrap();
        let lookup = NearestQuery { exact: true, ..NearestQuery::new(NEIGHBOURS) };
        let nearest = view.nearest(&faces.queries, &lookup).unwrap();
        let ids = |nearest: &Nearest| {
            nearest.neighbors.iter().map(|found| found.photo.id.clone()).collect()
        };
        let truth = nearest.iter().map(ids).collect();
        let queries = faces.queries.clone();
        Self { path, precision, gallery: Some(gallery), view: None, queries, truth }
    }

    /// Per query the numbers of the nearest.
    pub fn truth(&self) -> Vec<u32> {
        self.truth.iter().flatten().map(number).collect()
    }

    /// Bytes on disk.
    pub fn disk(&self) -> u64 {
        self.gallery.as_ref().unwrap().stats().unwrap().disk_bytes
    }
}

fn id(at: usize) -> PhotoId {
    format!("F{:04}/MID{}/{at}", 1 + at / 40, at / 8).parse().unwrap()
}

fn number(id: &PhotoId) -> u32 {
    id.to_string().rsplit_once('/').unwrap().1.parse().unwrap()
}

impl Index for Ours {
    fn name(&self) -> String {
        "kindred".into()
    }

    fn build(&mut self) -> f64 {
        let gallery = self.gallery.as_ref().unwrap();
        let started = Instant::now();
        gallery.seal(&NoProgress).unwrap();
        started.elapsed().as_secs_f64()
    }

    /// In a process of its own, whose memory nothing else has used.
    fn load(&mut self) -> [f64; 3] {
        (self.view, self.gallery) = (None, None);
        let mut program = Command::new(std::env::current_exe().unwrap());
        let said = program
            .args(["open", &format!("{:?}", self.precision)])
            .arg(&self.path)
            .output()
            .unwrap()
            .stdout;
        let numbers = String::from_utf8(said).unwrap();
        let numbers: Vec<f64> = numbers.split_whitespace().map(|n| n.parse().unwrap()).collect();
        let gallery = EmbeddedGallery::open(&self.path).unwrap().with_precision(self.precision);
        self.view = Some(gallery.view().unwrap());
        self.gallery = Some(gallery);
        [numbers[0], numbers[1], numbers[2]]
    }

    fn query(&mut self, ef: usize) -> [f64; 2] {
        let view = self.view.as_deref().unwrap();
        let lookup = NearestQuery { ef: Some(ef), ..NearestQuery::new(NEIGHBOURS) };
        let started = Instant::now();
        let found: Vec<_> =
            self.queries.iter().map(|query| nearest_to(view, query, &lookup)).collect();
        let seconds = started.elapsed().as_secs_f64();
        let hits = found.iter().zip(&self.truth).map(|(found, truth)| {
            found.neighbors.iter().filter(|found| truth.contains(&found.photo.id)).count()
        });
        let wanted = self.queries.len() * NEIGHBOURS;
        [hits.sum::<usize>() as f64 / wanted as f64, self.queries.len() as f64 / seconds]
    }
}

/// Opens the gallery at `path`; prints the seconds that it takes, the bytes of memory, and these again once every vector
/// has been compared.
pub fn open(precision: &str, path: &Path) {
    let precision = if precision == "Half" { VectorPrecision::Half } else { VectorPrecision::Full };
    let (before, started) = (resident(), Instant::now());
    let gallery = EmbeddedGallery::open(path).unwrap().with_precision(precision);
    let view = gallery.view().unwrap();
    let (seconds, opened) = (started.elapsed().as_secs_f64(), resident() - before);
    let width = gallery.space().dimensions[0];
    let probe = Embedding::normalize((0..width).map(|at| at as f32 + 1.0).collect()).unwrap();
    let found = nearest_to(&*view, &probe, &NearestQuery { exact: true, ..NearestQuery::new(1) });
    assert_eq!(found.neighbors.len(), 1);
    println!("{seconds} {opened} {}", resident() - before);
}

/// Bytes of memory of this process.
fn resident() -> u64 {
    let pages = fs::read_to_string("/proc/self/statm").unwrap();
    4096 * pages.split(' ').nth(1).unwrap().parse::<u64>().unwrap()
}

/// The photos nearest to one probe.
fn nearest_to(view: &dyn GalleryView, probe: &Embedding, query: &NearestQuery) -> Nearest {
    view.nearest(std::slice::from_ref(probe), query).unwrap().remove(0)
}

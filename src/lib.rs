//! Kindred finds likely blood relatives by face.
//!
//! An ingest job embeds every photo of a family archive into a gallery. A search embeds a probe photo, retrieves the nearest
//! enrolled photos, and scores them by a trained ensemble of pair classifiers. It groups them by person and family, each with
//! the evidence of kinship.
//!
//! # Example
//!
//! ```
//! use std::collections::BTreeSet;
//! use std::error::Error;
//! use std::path::Path;
//!
//! use kindred::bundle::{Bundle, write_builtin};
//! use kindred::domain::EmbeddedPhoto;
//! use kindred::engine::{Device, Precision};
//! use kindred::gallery::{Enrolment, Gallery};
//! use kindred::pipeline::{PhotoFile, Thumbnails, embed, prepare};
//! use kindred::search::{Options, Probe, Query, ReferenceCache, SearchContext, search};
//!
//! fn embed_file(bundle: &Bundle, id: &str) -> Result<EmbeddedPhoto, Box<dyn Error>> {
//!     let file = PhotoFile::read(Path::new(&format!("data/sample/{id}.jpg")))?;
//!     let photo = prepare(bundle, &file, Thumbnails::Skip)?.with_face()?;
//!     Ok(embed(bundle, vec![photo])?.remove(0)?)
//! }
//!
//! # fn main() -> Result<(), Box<dyn Error>> {
//! let folder = tempfile::tempdir()?;
//! let model = folder.path().join("model");
//! write_builtin(&model)?;
//! let bundle = Bundle::load(&model, Device::Cpu, Precision::F32)?;
//!
//! let gallery = folder.path().join("gallery");
//! let gallery = Gallery::open_or_create(&gallery, bundle.space(), &model)?;
//! for id in ["F0001/MID1/P00001_face0", "F0001/MID3/P00006_face0"] {
//!     gallery.enrol(vec![Enrolment::new(id.parse()?, embed_file(&bundle, id)?)])?;
//! }
//!
//! let probe = embed_file(&bundle, "F0001/MID2/P00003_face0")?;
//! let photos = [probe.faces[0].embeddings.clone()];
//! let query = Query::Relatives(Probe { photos: &photos, known: BTreeSet::new() });
//! let snapshot = gallery.snapshot()?;
//! let context = SearchContext::new(&snapshot, bundle.ensemble(), &ReferenceCache::default())?;
//! let answer = search(&context, &query, &Options::default())?;
//! assert_eq!(answer.people.len(), 2);
//! # Ok(())
//! # }
//! ```
//!
//! # Code map
//!
//! Rooms import strictly downward; rooms of one layer do not import each other. A test holds both.
//!
//! | layer | room | purpose | crates used only here |
//! |---|---|---|---|
//! | edges | [`cli`] | one file per command; exit codes; progress on a terminal | clap, indicatif |
//! | | [`api`] | the HTTP service: one file per endpoint, the model queue, jobs, keys, the audit trail, problem+json, and the web page as plain files | actix-web, utoipa, governor, prometheus-client, jiff |
//! | | [`telemetry`] | the service's log | tracing-subscriber |
//! | jobs | [`train`] | ensembles are trained, calibrated and evaluated; their report; training of the small backbone and the landmark network | plotters, maud |
//! | | [`evaluate`] | quality of a bundle: verification, tri-subject, retrieval, identification | – |
//! | first jobs | [`ingest`] | long jobs over a collection of photos | rayon |
//! | | [`inspect`] | content of a collection, every photo read; contact sheet of related people | rayon |
//! | | [`synthetic`] | drawn families with their photos | rayon |
//! | query | [`search`] | probe → candidates → people and families | – |
//! | engines | [`bundle`] | a bundle: photo → landmarks → aligned crop → one embedding per backbone | – |
//! | | [`gallery`] | enrolled photos and their nearest neighbors; copies of a gallery | hnsw_rs, memmap2, zip |
//! | parts | [`photo`] | bytes → upright RGB under limits; scaling; faces aligned by their landmarks; contact sheets | image, fast_image_resize, embedded-graphics |
//! | | [`dataset`] | folders and zip archives in the FIW layout; lists of kin; pairs of photos and families kept apart | csv, zip |
//! | | [`backbone`] | networks, their weights in all formats, preprocessing, engines and training | candle, safetensors, hdf5-reader, zip |
//! | | [`store`] | records on disk; the only room that knows sled and bincode | sled, bincode |
//! | | [`kinship`] | pair classifiers: feature fusion, heads, ensemble, calibration | candle, faer |
//! | | [`metrics`] | quality of scores: pure functions on slices | – |
//! | ground | [`domain`] | families, people, photos, relationships, embeddings | – |
//! | | [`error`] | the classes of errors that the edges translate | – |
//! | | `linalg` | matrix products; whitening | gemm, faer |
//! | | [`atomic_file`] | atomic file writes | – |
//!
//! The command line sits on top of the HTTP service, so that `--json` writes the service's responses.
//!
//! # The way of a photo
//!
//! 1. [`dataset::Source`] lists a folder or archive. [`dataset::family_photos`] finds the person of each file.
//! 2. A reader thread takes the files in batches. It hashes each, skips those that the gallery has from the same bytes, and
//!    decodes the rest ([`photo::decode`]).
//! 3. It finds the face, if the bundle can, and crops each backbone's input ([`bundle::Bundle::prepare`]).
//! 4. The job's thread runs the backbones on the batch ([`bundle::Bundle::embed`]).
//! 5. It adds the batch in one transaction ([`gallery::Gallery::enrol`]), which is on disk before the next batch.
//! 6. At the end [`gallery::Gallery::seal`] builds a search graph of the photos that are in none yet, if they are many.
//!    hnsw_rs builds the graph. It is copied into flat arrays, refined and stored, with the vectors in a file of their own.
//!
//! Over HTTP a job does the same in the background. It is stored before it is acknowledged. If the service ends early, the next
//! one runs the job again and skips the photos that are there.
//!
//! # The way of a probe
//!
//! 1. The probe's photos are decoded and embedded as above. In the service one thread does this, behind a bounded queue, for
//!    all photos that wait.
//! 2. The photos of one person become one template, their mean embedding.
//! 3. [`gallery::Snapshot::nearest`] walks the search graphs on embeddings as bytes, and compares the photos found by the
//!    embeddings themselves. It compares photos that are in no graph one by one, and leaves out the probe's own file.
//! 4. [`search::search`] takes the people of these photos. The bundle's [`kinship::Ensemble`] scores the nearest photo of each,
//!    then all photos of the best. It searches further if the candidates are too few people.
//! 5. Each score is normalized by how both faces score with a cohort: a sample of the gallery's other people, and the bundle's
//!    own cohort if these are few ([`kinship::Reference`]).
//! 6. A fitted tail gives the probability that a stranger scores as high, and so the chance matches ([`kinship::Tail`]).
//! 7. A calibration makes it a likelihood ratio ([`kinship::OpenSetConfig`]). It is reduced for faces unlike those of the
//!    training ([`kinship::Typicality`], [`kinship::Sharpness`]).
//!
//! Heads read stored embeddings. No convolution runs for the gallery's photos.
//!
//! # The way of a training pair
//!
//! 1. The photos of each source are ingested into a gallery of the training, so that a stopped training resumes.
//! 2. [`dataset::PairSampler`] draws photo pairs of kin, and of strangers with the same roles.
//! 3. [`train::train`] trains every [`kinship::Recipe`] on every backbone. Each source is evaluated by members trained on the
//!    others; a single source by folds of its families ([`train::Split`]).
//! 4. Members that are not better than the plain regression and the cosine are left out. The weights of the others follow from
//!    the score of their sum on the sources left out.
//! 5. The open-set model is fitted to the same evaluations. The stored ensemble is trained on all sources.
//!
//! If the last stage of a backbone is fine-tuned first ([`train::FineTuning`]), half of the families train it and are never
//! tested.
//!
//! # The way of a network
//!
//! [`train::load_faces`] reads photos with known landmarks. [`train::learn_points`] trains the landmark network on random crops
//! of them. [`train::distil`] trains a small backbone to output the whitened embeddings of a teacher. Batches are split into
//! shards of a fixed size, so that the result does not depend on the number of threads. At the end normalizations and whitening
//! are folded into the weights. [`train::add_axes`] fits directions in which kin are similar, in the input of the last layer,
//! and adds them to the embedding.
//!
//! # Invariants
//!
//! - The database is the truth. Search graphs are derived, and no answer depends on when they were built.
//! - Acknowledged changes are on disk, whatever ends the process. A store that lost data does not open.
//! - A reader of a gallery has a [`gallery::Snapshot`], which no write changes.
//! - A gallery answers only for the bundle that it was made with: [`domain::Fingerprint`].
//! - Untrusted bytes (photos, weights, archives, the store, HTTP) end in an error, never in a panic or an unbounded
//!   allocation.
//! - Names, photos and embeddings are never logged.
//! - `unsafe` stands only in the kernels of [`backbone`]'s CPU engine, in `matrix`, in [`gallery`]'s inner products, and where
//!   a file is mapped, each with its reason. No pickle runs code.
//! - The same photos and bundle give the same gallery and the same answers, bit for bit, on one kind of processor.
//!
//! # Decisions
//!
//! The folder `src/docs/decisions` holds the records, each with context, decision, consequences and figures.

pub mod api;
pub mod atomic_file;
pub mod bundle;
pub mod cli;
pub mod dataset;
pub mod domain;
pub mod engine;
pub mod error;
pub mod evaluate;
pub mod face;
pub mod gallery;
pub mod ingest;
pub mod inspect;
pub mod kinship;
mod linalg;
pub mod metrics;
pub mod network;
pub mod photo;
pub mod pipeline;
pub mod search;
pub mod synthetic;
pub mod telemetry;
pub mod train;
mod web;
pub mod wire;

/// Guides for users of the program.
pub mod guides {
    #[doc = include_str!("docs/photos.md")]
    pub mod photos {}
    #[doc = include_str!("docs/search.md")]
    pub mod search {}
    #[doc = include_str!("docs/service.md")]
    pub mod service {}
    #[doc = include_str!("docs/galleries.md")]
    pub mod galleries {}
    #[doc = include_str!("docs/training.md")]
    pub mod training {}
    #[doc = include_str!("docs/evaluation.md")]
    pub mod evaluation {}
}

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
//! use kindred::gallery::{EmbeddedGallery, Gallery, NewPhoto};
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
//! let gallery = EmbeddedGallery::open_or_create(&gallery, bundle.space(), &model)?;
//! for id in ["F0001/MID1/P00001_face0", "F0001/MID3/P00006_face0"] {
//!     let photo = embed_file(&bundle, id)?;
//!     gallery.add_photos(vec![NewPhoto { id: id.parse()?, photo }])?;
//! }
//!
//! let probe = embed_file(&bundle, "F0001/MID2/P00003_face0")?;
//! let photos = [probe.faces[0].embeddings.clone()];
//! let query = Query::Relatives(Probe { photos: &photos, known: BTreeSet::new() });
//! let view = gallery.view_for(bundle.space())?;
//! let context = SearchContext::new(&view, bundle.ensemble(), &ReferenceCache::default())?;
//! let answer = search(&context, &query, &Options::default())?;
//! assert_eq!(answer.people.len(), 2);
//! # Ok(())
//! # }
//! ```
//!
//! # Code map
//!
//! Rooms import strictly downward, and rooms of one layer do not import each other. A test holds both.
//!
//! | layer | room | content | crates used only here |
//! |---|---|---|---|
//! | edges | [`cli`] | commands, exit codes, progress on a terminal | clap, indicatif |
//! | | [`api`] | HTTP service: endpoints, extractors, middleware, model queue, jobs, keys, audit trail | actix-web, governor, prometheus-client |
//! | runs | [`train`] | training of heads, ensembles, backbones and the landmark network; reports | plotters, maud |
//! | | [`evaluate`] | quality of a bundle: verification, tri-subject, retrieval, identification | – |
//! | jobs | [`ingest`] | photos of a collection into a gallery, or into arrays | – |
//! | | [`inspect`] | content of a collection; contact sheet of related people | – |
//! | | [`synthetic`] | drawn families with their photos | – |
//! | answers | [`wire`] | JSON requests and responses of service and command line | utoipa, jiff |
//! | | [`search`] | probe → candidates → people and families | – |
//! | storage | [`gallery`] | enrolled photos, their people, and nearest-neighbor search | sled, bincode, hnsw_rs, memmap2 |
//! | | [`pipeline`] | file → prepared photo → embedded photo | – |
//! | models | [`bundle`] | backbones, face detector and ensemble in one folder | – |
//! | | [`face`] | face detection, and the crops of a face | – |
//! | | [`engine`] | runs a network on a device | candle |
//! | parts | [`network`] | networks as data: graph, architectures, weights, import | safetensors, hdf5-reader |
//! | | [`kinship`] | pair classifiers, ensemble, calibration | – |
//! | | [`photo`] | bytes → upright RGB under limits; scaling, alignment, contact sheets | image, fast_image_resize, embedded-graphics |
//! | | [`dataset`] | folders and archives in the FIW layout; lists of kin; photo pairs | csv |
//! | | [`metrics`] | quality of scores: pure functions on slices | – |
//! | ground | [`domain`] | families, people, photos, relationships, embeddings | – |
//! | | `linalg` | matrix products, whitening | gemm |
//! | | `web` | files of the web page | – |
//! | | [`error`], [`atomic_file`], [`telemetry`] | classes of errors; atomic file writes; the service's log | tracing-subscriber |
//!
//! The command line calls the service only to serve. `--format json` writes the responses of [`wire`], as the service does.
//!
//! # The road of a photo
//!
//! 1. [`dataset::Source`] lists a folder or archive. [`dataset::family_photos`] finds the person of each file.
//! 2. A reader thread takes the files in batches, hashes each ([`pipeline::PhotoFile`]), and skips those that the gallery has
//!    from the same bytes.
//! 3. [`pipeline::prepare`] decodes the photo, detects its faces and crops each backbone's input.
//! 4. [`pipeline::embed`] runs the backbones on the batch, on the job's thread.
//! 5. The gallery adds the batch in one transaction, which is on disk before the next batch.
//! 6. At the end the gallery builds a search graph of the photos that are in none yet, if they are many.
//!    hnsw_rs builds the graph. It is copied into flat arrays, refined and stored, with the vectors in a file of their own.
//!
//! Over HTTP a job does the same in the background. It is stored before it is acknowledged. If the service ends early, the next
//! one runs the job again and skips the photos that are there.
//!
//! # The road of a probe
//!
//! 1. [`wire::SearchOptions`] checks the request. The probe's photos are prepared and embedded as above. In the service one
//!    thread embeds, behind a bounded queue, all photos that wait.
//! 2. The photos of one person become one template, their mean embedding.
//! 3. [`gallery::GalleryView::nearest`] walks the search graphs on embeddings as bytes, and compares the photos found
//!    by the embeddings themselves. It compares photos that are in no graph one by one. It leaves out the probe's own
//!    file.
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
//! # The road of a training pair
//!
//! 1. The photos of each source are ingested into a gallery of the training, so that a stopped training resumes.
//! 2. [`dataset::PairSampler`] draws photo pairs of kin, and of strangers with the same roles.
//! 3. [`train::train`] trains every [`train::Recipe`] on every backbone. Each source is evaluated by members trained on the
//!    others; a single source by folds of its families ([`train::Split`]).
//! 4. Members that are not better than the plain regression and the cosine are left out. The weights of the others follow from
//!    the score of their sum on the sources left out.
//! 5. The open-set model is fitted to the same evaluations. The stored ensemble is trained on all sources.
//!
//! If the last stage of a backbone is fine-tuned first ([`train::FineTuning`]), half of the families train it and are never
//! tested.
//!
//! # The road of a network
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
//! - A reader of a gallery has a [`gallery::GalleryView`], which no write changes.
//! - A gallery answers only for the bundle that it was made with: [`domain::Fingerprint`].
//! - Untrusted bytes (photos, weights, archives, the store, HTTP) end in an error, never in a panic or an unbounded
//!   allocation.
//! - Names, photos and embeddings are never logged.
//! - `unsafe` stands only in the kernels of [`engine`]'s CPU kernels, in `linalg`, in [`gallery`]'s inner products, and where
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

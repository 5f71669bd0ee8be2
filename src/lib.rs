//! Kindred finds likely blood relatives by face.
//!
//! An ingest job embeds every photo of a family archive with a VGGFace-family backbone into a gallery; a search embeds
//! a probe photo, retrieves the nearest enrolled photos, scores them by a trained ensemble of pair classifiers, and groups
//! them by person and family, each with the evidence of kinship.
//!
//! # Code map
//!
//! Rooms import strictly downward; rooms of one layer do not import each other. A test holds both.
//!
//! | layer | room | what it is for | vendor crates at home there |
//! |---|---|---|---|
//! | edges | [`cli`] | one file per command; exit codes; progress on a terminal | clap, indicatif |
//! | | [`api`] | the HTTP service: one file per endpoint, the model queue, jobs, keys, the audit trail, problem+json, and the web page as plain files | actix-web, utoipa, governor, prometheus-client, jiff |
//! | | [`telemetry`] | the service's log | tracing-subscriber |
//! | jobs | [`train`] | an ensemble is taught, calibrated and judged; its report; the small backbone and the landmark network learn | plotters, maud |
//! | | [`evaluate`] | how good a bundle is: verification, tri-subject, retrieval, identification | – |
//! | jobs they begin with | [`ingest`] | long jobs over a collection of photos | rayon |
//! | | [`survey`] | what is in a collection, every photo read; related people on a sheet | rayon |
//! | | [`synthesis`] | families of people who do not exist, drawn with all their photos | rayon |
//! | query | [`search`] | probe → candidates → people and families | – |
//! | engines | [`embedder`] | a bundle: photo → landmarks → aligned crop → one embedding per backbone | – |
//! | | [`gallery`] | enrolled photos and their nearest neighbours; copies of a gallery | hnsw_rs, memmap2, zip |
//! | parts | [`photo`] | bytes → upright RGB under limits; scaling; faces aligned by their landmarks; contact sheets | image, fast_image_resize, embedded-graphics |
//! | | [`dataset`] | folders and zip archives in the FIW layout; lists of kin; pairs of photos and families kept apart | csv, zip |
//! | | [`backbone`] | networks, their weights in all formats, preprocessing, what runs them and what teaches them | candle, safetensors, hdf5-reader, zip |
//! | | [`store`] | records on disk; the only room that knows sled and bincode | sled, bincode |
//! | | [`kinship`] | pair classifiers: feature fusion, heads, ensemble, calibration | candle, faer |
//! | | [`metrics`] | how good scores are: pure functions on slices | – |
//! | words | [`domain`] | families, people, photos, relationships, embeddings | – |
//! | | [`error`] | the classes of errors that the edges translate | – |
//! | | `matrix` | products of matrices in slices | gemm |
//! | | `whitening` | vectors brought around zero and to like variances | faer |
//! | | [`whole_file`] | files that are there only once they are whole | – |
//!
//! The command line sits on top of the HTTP service, so that `--json` writes what the service answers.
//!
//! # A photo is ingested
//!
//! [`dataset::Source`] lists a folder or archive, [`dataset::family_photos`] tells whose photo each file is. A reader
//! thread takes them batch by batch: it hashes each file, leaves out what the gallery has from the same bytes, decodes
//! the rest ([`photo::decode`]), finds the face in them where the bundle can, and cuts out each backbone's input
//! ([`embedder::Embedder::prepare`]). The job's own thread runs the backbones on the batch ([`embedder::Embedder::embed`]) and enrols it
//! ([`gallery::Gallery::enrol`]): one transaction, on disk before the next batch. At the end the photos that are in no
//! search graph yet are sealed, if they are many ([`gallery::Gallery::seal`]): hnsw_rs builds a graph, which is copied out into
//! flat arrays, improved and stored, and their vectors are written to a file of their own.
//! Over HTTP a job does the same in the background; it is stored before it is acknowledged, and done again from the start,
//! which passes over what is enrolled, where a service ended before it did.
//!
//! # A probe is searched
//!
//! Over HTTP a request is named, let in by its key, and heard for no longer than a deadline. The photo is decoded, scaled
//! and embedded as above; over HTTP by one model thread behind a bounded queue, which
//! embeds what waits together. [`gallery::Snapshot::nearest`] walks the graphs, by embeddings as bytes, compares what it
//! found by the embeddings themselves, and photos that are in no graph one by one; the probe's own file is left out.
//! [`search::search`] takes the people of those photos, lets the bundle's [`kinship::Ensemble`] score the nearest photo of
//! each and then all photos of the best, and groups them by person and family. It looks further while the candidates name
//! too few people. Heads read stored embeddings; no convolution runs for that.
//! A score becomes evidence in three steps. It is normalized by how both faces score with a cohort ([`kinship::Reference`]):
//! a sample of the gallery's other people, and where these are few the bundle's own cohort. A fitted tail gives the
//! probability that a stranger scores as high, and so the chance matches among the people searched ([`kinship::Tail`]). A
//! calibration turns that into a likelihood ratio ([`kinship::OpenSetConfig`]).
//!
//! # An ensemble is trained
//!
//! The photos of each source are ingested into a gallery of the training's own, so that a stopped training resumes and a
//! second one embeds nothing. [`train::train`] trains every [`kinship::Recipe`] on every backbone, on pairs of
//! [`dataset::PairSampler`]. Each source is evaluated by members that were trained on the others; one source alone is
//! evaluated by folds of its families ([`train::Split`]). Members that are not better than the plain regression and the
//! cosine are left out; the others are weighed by how well their sum does on the sources left out. The open-set model is
//! fitted to the same evaluations. The ensemble that is stored learns from all sources. Where the last stage of a backbone is
//! fine-tuned first ([`train::Unfreezing`]), half of the families serve it and are never tested.
//!
//! # A network learns
//!
//! [`train::load_faces`] reads photos with known landmarks. [`train::learn_points`] shows a network random pictures of
//! them and corrects where it says the points are. [`train::distil`] shows a small backbone random pictures, and lets it
//! say what a teacher says of the same ones ([`backbone::learn::Lesson`]), whitened. Batches are dealt into shards of a fixed
//! size, so that the result does not depend on the number of threads; on a GPU shards run on candle's tensors. At the end
//! normalisations are folded into the weights, and so is what whitens the embedding. [`train::add_axes`] then finds, on pairs
//! of kin, the axes along which these are alike in what the last layer is given, and adds them to the embedding.
//!
//! # Invariants
//!
//! - sled is the truth; search graphs are derived, and an answer never depends on when they were built.
//! - What was acknowledged is on disk, whatever ends the process; a store that lost something does not open.
//! - Who reads a gallery has a [`gallery::Snapshot`], which no write changes.
//! - A gallery answers only for the bundle it was made with: [`domain::Fingerprint`].
//! - Untrusted bytes (photos, weights, archives, the store, HTTP) end in an error, never in a panic or an unbounded
//!   allocation.
//! - Names, photos and embeddings are never logged.
//! - `unsafe` stands only in the kernels of [`backbone`]'s CPU engine, `matrix`, by which networks learn and heads judge,
//!   [`gallery`]'s inner products, and where it maps a file, each with its reason. Weights of others are read without it, and no pickle runs code.
//! - The same photos and bundle give the same gallery and the same answers, bit for bit, on one kind of processor.
//!
//! # Decisions
//!
//! - **An architecture is data.** [`backbone::network::Network`] lists operations, weight names and shapes; checking a
//!   weights file and running the network both read that list. So an architecture is written once, however many ways
//!   there are to run it.
//! - **Two ways to run a backbone, one result.** On a GPU it runs on candle's tensors; on the CPU, where candle's
//!   convolutions are several times slower than what people have, on an engine of our own. Tests hold the two equal, and
//!   both equal to the frameworks that the networks come from.
//! - **Weights become safetensors once, on import.** Everything else reads one format, one set of names and one layout;
//!   the widths of a network are found in its tensors.
//! - **Rows, not vectors, go into hnsw_rs.** It is given row numbers and a distance that looks the rows up, so that the
//!   vectors exist once, and the arithmetic is our own ([`gallery`]).
//! - **hnsw_rs makes a first graph, and not the last one.** To be the same every time it takes one thread, and its search is
//!   slow. So it looks at few candidates for each node (ef 48), and then every node looks for its neighbours once more by our
//!   own walk, on all threads, with the same result every time: the whole takes
//!   1.7 times as long as hnswlib's graph.
//! - **Walks go by bytes.** A vector as bytes is a quarter of its size, and memory is what a walk waits for; what it finds is
//!   compared by the values themselves.
//! - **The vectors of a segment are mapped.** They are in the store, in the photos' own records, and that is the truth; but reading
//!   them all from there when a gallery is opened took 5 µs each, and left twice their size in memory. So a
//!   segment has a copy in a file, with checksums, whose name is a digest of what it follows from; it is written anew where
//!   it is missing. A process that has just opened a gallery has half of the vectors' size in memory, and takes half the time. Opening does not
//!   read the embeddings in the store any more: `gallery verify` does, and compares the two. A file that somebody cuts short
//!   under a running process ends that process.
//! - **Deeds are remembered from the outside in.** Handlers say on their response what was done to whom; one middleware adds who
//!   asked and writes the line. So no handler knows keys, and what failed leaves none.
//! - **Settings live with the command line**, which reads flags and environment anyway; a file is one more layer of the same
//!   type.
//! - **A gallery tells beside its database what this has to have.** sled opens a file that was cut short as if nothing were
//!   missing, and panics on some that were damaged otherwise: `gallery.json` and the counts of every commit find the first,
//!   and a guard around sled turns the second into an error.
//! - **A backbone that is trained here says nothing that it says of all faces.** Embeddings around their mean, whitened,
//!   tell kin better by their cosine than as they are, and the same person as well, without a label having been used: the
//!   default backbone's teacher has an area under the ROC of 0.739 on aligned faces instead of 0.712. So a student learns
//!   that, and its own last layer is whitened ([`train::distil`]).
//! - **A student sees photos much as they are.** While it had little room, its cosine to its teacher was as high on photos that
//!   it never saw as on its own, to within 0.02. So pictures are moved and weathered only as far as photos differ in use;
//!   mixtures of two faces, which help where a network learns by heart, only took its room ([`train::distil`]). The wider
//!   one that has learned for longer is 0.035 apart; 5,172 more batches, with mixtures while steps were long and with the mean
//!   of several answers of the teacher to learn after that, left it at 0.034, and 0.004 nearer to the teacher.
//! - **A student is asked twice.** What it learns is the mean of what its teacher says of a face and of its mirror image; its
//!   own mean is nearer to that than either, 0.878 instead of 0.863. The photo as it is, beside it, is not worth that time.
//! - **Half of an embedding is for kin.** What a teacher of identity says leaves out what kin have in common otherwise. Of the
//!   embedding itself the directions in which kin are alike add 0.003; of what the last layer is given, which is wider, they add
//!   0.036 on families kept apart (0.696 to 0.732), more than the teacher has. So an embedding has both
//!   ([`train::add_axes`]), and a gallery is searched by both. The axes come from other families than the heads do:
//!   nothing would be left to calibrate on else.
//! - **Steps of a training stay long until its last fifth**, and nothing before depends on how long it will be, from 2,000
//!   batches on: a longer training goes on from a shorter one ([`backbone::learn::Schedule`]).
//! - **The floor is a plain regression, strongly shrunk.** On sources left out, heads that work in a space of correlated axes
//!   ([`kinship::KinSpace`]) lose what they gain within a source: areas under the ROC of 0.71 to 0.82 where a ridge regression
//!   on the product and the squared difference of two embeddings has 0.86. So that regression and the cosine are what a
//!   member has to beat, on a source that it never saw ([`kinship::Head::fit_regression`]).
//! - **Scores are normalized by a root of the deviation.** Full division, as in adaptive s-norm, lowers the area under the ROC of
//!   pairs from 0.79 to 0.745 where the cohort comes from the same source. The root keeps it, and keeps most of what
//!   normalization gives a search ([`kinship::normalized`]).
//! - **A cohort is means of three people.** They normalize nearly as well as faces do, and nobody's embedding can be read from
//!   them. Centroids of clusters normalize worse.
//! - **A gallery's statistics are computed, not stored.** They follow from the gallery and the bundle alone and take
//!   a millisecond per search. They are cached until the sampled people change ([`search::ReferenceCache`]). A stored copy would
//!   have to change with these.
//! - **A probe is a template.** The photos of one person are searched by their mean embedding, which finds more relatives than the
//!   mean of their scores. How strangers score next to as many photos is fitted apart: fewer photos would give a false positive
//!   rate half as high as stated ([`kinship::Reference::tail`]).
//! - **A blurred face is found by its embedding.** Blurred strangers resemble each other, up to a likelihood ratio of 100. A linear
//!   function of the embedding finds them, so that galleries need no new field and old ones are protected
//!   ([`kinship::Sharpness`]).
//! - **A person's score is the log of the mean of the exponentials** of their photos' scores: one photo that shows the similarity
//!   decides more than many that do not. Rank@10 is 0.42 by it, 0.37 by the mean.
//! - **Train and evaluate stand on ingest**, and are a layer above it: a gallery is the cache of embeddings.
//! - **Evidence and prior are apart.** The ensemble outputs a likelihood ratio. A probability needs a prior, which the caller
//!   states: relatives expected among the people searched. The decision needs neither: it holds a false positive
//!   identification rate. No likelihood ratio above 100 is reported: faces give no more ([`kinship::MAX_LIKELIHOOD_RATIO`]).
//! - **Progress is a trait in [`domain`]**, implemented by the edges: jobs neither print nor know a terminal.

pub mod api;
pub mod backbone;
pub mod cli;
pub mod dataset;
pub mod domain;
pub mod embedder;
pub mod error;
pub mod evaluate;
pub mod gallery;
pub mod ingest;
pub mod kinship;
mod matrix;
pub mod metrics;
pub mod photo;
pub mod search;
pub mod store;
pub mod survey;
pub mod synthesis;
pub mod telemetry;
pub mod train;
mod whitening;
pub mod whole_file;

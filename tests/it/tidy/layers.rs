//! Imports that are allowed: rooms, vendor crates, serde and unsafe code.

use std::collections::BTreeSet;

use super::report::{Finding, assert_none, in_files};
use super::source::{SourceFile, files};

/// The rooms from the bottom up.
/// A room imports only from lower layers, and from no other room of its own layer.
const LAYERS: &[&[&str]] = &[
    &["domain", "error", "linalg", "atomic_file", "telemetry", "web"],
    &["network", "kinship", "photo", "dataset", "metrics"],
    &["engine"],
    &["face"],
    &["bundle"],
    &["gallery", "pipeline"],
    &["search"],
    &["wire"],
    &["ingest", "inspect", "synthetic"],
    &["train", "evaluate"],
    &["api"],
    &["cli"],
];

/// Crates that only these rooms may name.
const HOMES: &[Home] = &[
    home("gemm", &["linalg"]),
    home("faer", &["linalg", "kinship", "train"]),
    home("plotters", &["train"]),
    home("maud", &["train"]),
    home("sled", &["gallery"]),
    home("bincode", &["gallery"]),
    home("hnsw_rs", &["gallery"]),
    home("memmap2", &["gallery"]),
    home("candle_core", &["engine", "network", "kinship", "train"]),
    home("candle_nn", &["engine", "kinship", "train"]),
    home("safetensors", &["network", "kinship"]),
    home("image", &["photo"]),
    home("fast_image_resize", &["photo"]),
    home("embedded_graphics", &["photo"]),
    home("csv", &["dataset"]),
    home("zip", &["dataset", "network", "gallery"]),
    home("hdf5_reader", &["network"]),
    home("actix_cors", &["api"]),
    home("actix_web", &["api"]),
    home("governor", &["api"]),
    home("prometheus_client", &["api"]),
    home("utoipa", &["api", "wire"]),
    home("jiff", &["api", "wire"]),
    home("actix_multipart", &["api"]),
    home("clap", &["cli", "wire"]),
    home("clap_complete", &["cli"]),
    home("clap_mangen", &["cli"]),
    home("indicatif", &["cli"]),
];

/// Files with unsafe code: they choose vector instructions or map a file into memory.
const UNSAFE_FILES: &[&str] = &[
    "engine/cpu/buffer.rs",
    "engine/cpu/convolution.rs",
    "engine/cpu/epilogue.rs",
    "engine/cpu/layer.rs",
    "engine/cpu/matrix.rs",
    "engine/cpu/pointwise.rs",
    "engine/cpu/simd.rs",
    "engine/cpu/sliding.rs",
    "engine/cpu/winograd.rs",
    "gallery/embedded/dot.rs",
    "gallery/embedded/quantized.rs",
    "gallery/embedded/vector_file.rs",
    "linalg/matrix.rs",
];

/// A vendor crate with the rooms that may name it.
struct Home {
    vendor: &'static str,
    rooms: &'static [&'static str],
}

const fn home(vendor: &'static str, rooms: &'static [&'static str]) -> Home {
    Home { vendor, rooms }
}

#[test]
fn rooms_import_strictly_downward() {
    assert_none(&in_files(upward_imports));
}

#[test]
fn vendor_crates_stay_in_their_rooms() {
    assert_none(&in_files(|file| HOMES.iter().flat_map(|home| strangers(file, home)).collect()));
}

#[test]
fn domain_types_carry_no_serde() {
    assert_none(&in_files(serde_in_domain));
}

#[test]
fn unsafe_code_stays_in_named_files() {
    assert_none(&in_files(unsafe_code));
}

#[test]
fn files_named_for_unsafe_code_have_some() {
    for path in UNSAFE_FILES {
        let file = files().iter().find(|file| file.path == *path);
        assert!(
            file.is_some_and(|file| !file.facts.unsafe_lines.is_empty()),
            "src/{path} has no unsafe code: take it out of UNSAFE_FILES in tests/it/tidy/layers.rs"
        );
    }
}

fn layer(room: &str) -> Option<usize> {
    LAYERS.iter().position(|rooms| rooms.contains(&room))
}

fn upward_imports(file: &SourceFile) -> Vec<Finding> {
    let room = file.room();
    if file.is_root() {
        return Vec::new();
    }
    let Some(own_layer) = layer(room) else {
        return vec![Finding::new(file, 1, unknown_room(room))];
    };
    let mut findings = Vec::new();
    for import in &file.facts.paths {
        let target = import.path_from_root().and_then(|path| path.into_iter().next());
        let Some(target) = target.filter(|target| target != room) else { continue };
        match layer(&target) {
            None => findings.push(Finding::new(file, import.line, unknown_room(&target))),
            Some(other) if other >= own_layer => {
                let path = import.segments.join("::");
                let message = format!(
                    "`{path}` imports room `{target}` into `{room}`, which is not above it; \
                     move the item to a lower room, or pass it in as a parameter"
                );
                findings.push(Finding::new(file, import.line, message));
            }
            Some(_) => {}
        }
    }
    findings
}

fn unknown_room(room: &str) -> String {
    format!("room `{room}` is in no layer; add it to LAYERS in tests/it/tidy/layers.rs")
}

fn strangers(file: &SourceFile, home: &Home) -> Vec<Finding> {
    if home.rooms.contains(&file.room()) {
        return Vec::new();
    }
    let message = format!(
        "`{}` belongs to {:?}; call a function of that room instead",
        home.vendor, home.rooms
    );
    let lines = lines_with_crate(file, home.vendor);
    lines.into_iter().map(|line| Finding::new(file, line, message.as_str())).collect()
}

fn lines_with_crate(file: &SourceFile, name: &str) -> BTreeSet<usize> {
    let paths = file.facts.paths.iter().filter(|path| path.is_of_crate(name));
    paths.map(|path| path.line).collect()
}

fn serde_in_domain(file: &SourceFile) -> Vec<Finding> {
    if file.room() != "domain" {
        return Vec::new();
    }
    let message = "`serde` in the domain; write a type of the wire or of the store that converts";
    let lines = lines_with_crate(file, "serde");
    lines.into_iter().map(|line| Finding::new(file, line, message)).collect()
}

fn unsafe_code(file: &SourceFile) -> Vec<Finding> {
    if UNSAFE_FILES.contains(&file.path.as_str()) {
        return Vec::new();
    }
    let message =
        "`unsafe` outside UNSAFE_FILES; use safe code, or a function of a file named there";
    let lines: BTreeSet<_> = file.facts.unsafe_lines.iter().collect();
    lines.into_iter().map(|line| Finding::new(file, *line, message)).collect()
}

#[test]
fn upward_import_is_found() {
    let text = "use crate::domain::PersonId;\nfn f() { super::super::api::serve(); }";
    let findings = upward_imports(&SourceFile::parse("gallery/part.rs", text));
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0].line, 2);
    assert!(findings[0].message.contains("room `api`"));
}

#[test]
fn vendor_crate_is_found_in_macros_and_attributes() {
    let text = "#[derive(utoipa::ToSchema)]\nstruct A;\nfn f() { maud::html! { p {} } }";
    let file = SourceFile::parse("gallery/part.rs", text);
    assert_eq!(lines_with_crate(&file, "utoipa"), [1].into());
    assert_eq!(lines_with_crate(&file, "maud"), [3].into());
}

#[test]
fn unit_tests_are_left_out() {
    let text = "#[cfg(test)]\nmod tests { use crate::api::State; fn f() { unsafe { g() } } }\n\
                #[cfg(not(test))]\nfn h() { unsafe { g() } }";
    let file = SourceFile::parse("gallery/part.rs", text);
    assert!(upward_imports(&file).is_empty());
    assert_eq!(file.facts.unsafe_lines, [4]);
}

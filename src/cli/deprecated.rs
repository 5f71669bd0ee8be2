//! Old spellings of flags, positional arguments and settings.
//!
//! They are accepted for one release, with a note that names the new spelling.

use Replacement::{Flag as To, LabeledPhotos, Value, VectorDtype};

use super::output::note;

/// An old spelling of a flag.
pub(crate) struct OldFlag {
    /// Commands that had the flag.
    pub(crate) commands: &'static [&'static str],
    pub(crate) old: &'static str,
    pub(crate) new: Replacement,
}

/// Today's spelling of a flag.
#[derive(Clone, Copy)]
pub(crate) enum Replacement {
    /// A flag with the same value.
    Flag(&'static str),
    /// A flag with a value, for a switch.
    Value(&'static str, &'static str),
    /// `--vector-dtype`, for a switch that may have a boolean.
    VectorDtype,
    /// `--photos` and `--landmarks`, for `DIR=CSV`.
    LabeledPhotos,
}

/// Positional arguments that are flags now.
pub(crate) struct OldPositionals {
    pub(crate) commands: &'static [&'static str],
    /// The flags, in the order of the arguments.
    pub(crate) flags: &'static [Flag],
}

/// A flag and its variable in the environment.
pub(crate) struct Flag {
    pub(crate) name: &'static str,
    pub(crate) variable: &'static str,
}

const fn old_flag(
    commands: &'static [&'static str],
    old: &'static str,
    new: Replacement,
) -> OldFlag {
    OldFlag { commands, old, new }
}

pub(crate) const SETTINGS: &[&str] = &["serve", "config"];
const SEARCHES: &[&str] =
    &["search", "evaluate retrieval", "evaluate identification", "serve", "config"];
const BUNDLE_MAKERS: &[&str] = &["train", "models import"];
const FACE_LISTS: &[&str] =
    &["train backbone", "train landmarks", "train axes", "evaluate landmarks"];
const JSON_SWITCHES: &[&str] = &["search", "compare", "dataset", "models inspect"];
const PHOTO_EVALUATIONS: &[&str] =
    &["evaluate verification", "evaluate tri-subject", "evaluate groups", "evaluate submission"];
const REPORTS: &[&str] = &[
    "evaluate verification",
    "evaluate tri-subject",
    "evaluate retrieval",
    "evaluate identification",
    "evaluate groups",
    "evaluate landmarks",
];
const FAMILY_FILTERS: &[&str] = &[
    "train",
    "train backbone",
    "train landmarks",
    "train axes",
    "evaluate verification",
    "evaluate tri-subject",
    "evaluate retrieval",
    "evaluate identification",
    "evaluate groups",
    "evaluate landmarks",
];

pub(crate) const OLD_VARIABLE: &str = "KINDRED_HALF_PRECISION";
pub(crate) const NEW_VARIABLE: &str = "KINDRED_VECTOR_DTYPE";

pub(crate) const FLAGS: &[OldFlag] = &[
    old_flag(&["search"], "--only", To("--include")),
    old_flag(&["search"], "--without", To("--exclude")),
    old_flag(&["search"], "--parents", Value("--mode", "parents")),
    old_flag(FAMILY_FILTERS, "--only", To("--include-families")),
    old_flag(FAMILY_FILTERS, "--without", To("--exclude-families")),
    old_flag(JSON_SWITCHES, "--json", Value("--format", "json")),
    old_flag(REPORTS, "--json", To("--report")),
    old_flag(SEARCHES, "--half-precision", VectorDtype),
    old_flag(BUNDLE_MAKERS, "--half", Value("--weights-dtype", "f16")),
    old_flag(BUNDLE_MAKERS, "--landmarks", To("--landmark-network")),
    old_flag(BUNDLE_MAKERS, "--licence", To("--license")),
    old_flag(&["train"], "--data", To("--photos")),
    old_flag(PHOTO_EVALUATIONS, "--root", To("--photos")),
    old_flag(FACE_LISTS, "--faces", LabeledPhotos),
];

const PHOTOS: Flag = Flag { name: "--photos", variable: "KINDRED_PHOTOS" };
const GALLERY: Flag = Flag { name: "--gallery", variable: "KINDRED_GALLERY" };
const OUT: Flag = Flag { name: "--out", variable: "" };

pub(crate) const POSITIONALS: &[OldPositionals] = &[
    OldPositionals { commands: &["ingest", "embed", "dataset"], flags: &[PHOTOS] },
    OldPositionals {
        commands: &[
            "gallery stats",
            "gallery verify",
            "gallery compact",
            "gallery delete",
            "gallery rebuild",
        ],
        flags: &[GALLERY],
    },
    OldPositionals { commands: &["gallery export"], flags: &[GALLERY, OUT] },
    OldPositionals { commands: &["demo"], flags: &[OUT] },
];

/// Reports the old name of a setting in a file.
pub(crate) fn note_half_precision() {
    note!("note: {}", rename_note("half_precision", "vector_dtype"));
}

/// Returns the note for an old spelling.
pub(crate) fn rename_note(old: &str, new: &str) -> String {
    format!("`{old}` is now `{new}`; the next release refuses the old spelling")
}

//! Flags, the environment, the built-in bundle and what the program prints of itself.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::Value;

use crate::ingest::Archive;
use crate::support::program::{Run, kindred, path, run};

const SAMPLE: &str = "data/sample/F0001/MID1/P00001_face0.jpg";

fn repository(inside: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(inside)
}

fn run_with(arguments: &[&str], variables: &[(&str, &str)]) -> Run {
    let output = kindred(arguments).envs(variables.iter().copied()).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Run {
        code: output.status.code().unwrap_or(-1),
        stdout: text(output.stdout),
        stderr: text(output.stderr),
    }
}

/// Asserts that a command ended well and noted these old spellings.
#[track_caller]
fn assert_noted(run: &Run, old: &[&str]) {
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    let notes: Vec<&str> = run.stderr.lines().filter(|line| line.starts_with("note: ")).collect();
    assert_eq!(notes.len(), old.len(), "{}", run.stderr);
    for spelling in old {
        let is_noted = |note: &&str| note.starts_with(&format!("note: `{spelling}` is now `"));
        assert!(notes.iter().any(is_noted), "{spelling} in {}", run.stderr);
    }
}

#[test]
fn old_spellings_work_with_a_note() {
    let archive = Archive::new(2);
    let [photos, gallery, bundle] = ["photos", "gallery", "bundle"].map(|name| archive.path(name));
    let [photos, gallery, bundle] = [path(&photos), path(&gallery), path(&bundle)];
    let probe = format!("{photos}/{}.png", archive.ids[0]);
    let old = run(&["ingest", photos, "--gallery", gallery, "--model", bundle]);
    assert_noted(&old, &["ingest PATH"]);
    let old = run(&["search", &probe, "--gallery", gallery, "--only", "F0002", "--json"]);
    assert_noted(&old, &["--only", "--json"]);
    let today = ["search", &probe, "--gallery", gallery, "--include", "F0002"];
    let today = run(&[&today[..], &["--format", "json"]].concat());
    assert_noted(&today, &[]);
    let [old, today] = [old, today].map(|run| serde_json::from_str::<Value>(&run.stdout).unwrap());
    assert_eq!(old["matches"], today["matches"]);
    let old =
        run(&["search", &probe, "--gallery", gallery, "--without", "F0001", "--half-precision"]);
    assert_noted(&old, &["--without", "--half-precision"]);
    assert_noted(&run(&["dataset", photos, "--json"]), &["dataset PATH", "--json"]);
    assert_noted(&run(&["gallery", "stats", gallery]), &["gallery stats PATH"]);
    assert_noted(&run(&["gallery", "delete", gallery, "F0002"]), &["gallery delete PATH"]);
}

#[test]
fn old_settings_work_with_a_note() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("kindred.toml");
    fs::write(&file, "gallery = \"a\"\nhalf_precision = true\n").unwrap();
    let config = ["config", "--config", path(&file)];
    let old = run(&config);
    assert_noted(&old, &["half_precision"]);
    assert!(old.stdout.contains("vector_dtype = \"f16\""), "{}", old.stdout);
    let flag = run(&[&config[..], &["--half-precision", "false"]].concat());
    assert!(flag.stdout.contains("vector_dtype = \"f32\""), "{}", flag.stdout);
    fs::write(&file, "gallery = \"a\"\n").unwrap();
    let variable = run_with(&config, &[("KINDRED_HALF_PRECISION", "true")]);
    assert_noted(&variable, &["KINDRED_HALF_PRECISION"]);
    assert!(variable.stdout.contains("vector_dtype = \"f16\""), "{}", variable.stdout);
}

#[test]
fn paths_come_from_the_environment() {
    let archive = Archive::new(1);
    let [photos, gallery, bundle] = ["photos", "gallery", "bundle"].map(|name| archive.path(name));
    let variables = [
        ("KINDRED_PHOTOS", path(&photos)),
        ("KINDRED_GALLERY", path(&gallery)),
        ("KINDRED_MODEL", path(&bundle)),
        ("KINDRED_DEVICE", "cpu"),
    ];
    let ingested = run_with(&["ingest"], &variables);
    assert!(ingested.stdout.contains("12 photos enrolled"), "{}", ingested.stderr);
    let described = run_with(&["dataset"], &variables);
    assert!(described.stdout.contains("photos             12"), "{}", described.stderr);
    let stats = run_with(&["gallery", "stats"], &variables);
    assert!(stats.stdout.contains("12 of 3 people"), "{}", stats.stderr);
    let drawn = archive.path("drawn");
    let arguments = ["dataset", "synthesize", "--families", "1", "--out", path(&drawn)];
    assert_eq!(run_with(&arguments, &variables).code, 0, "the environment is no conflict");
    assert_eq!(run_with(&["train"], &variables).code, 64);
}

#[test]
fn commands_without_a_model_use_the_built_in_one() {
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join("cache");
    let variables = [("XDG_CACHE_HOME", path(&cache))];
    let photo = repository(SAMPLE);
    let compare = ["compare", path(&photo), path(&photo), "--format", "json"];
    let mut processes: Vec<_> = (0..3)
        .map(|_| kindred(&compare).envs(variables).stdout(Stdio::null()).spawn().unwrap())
        .collect();
    assert!(processes.iter_mut().all(|process| process.wait().unwrap().success()));
    let bundles: Vec<_> = fs::read_dir(cache.join("kindred")).unwrap().collect();
    assert_eq!(bundles.len(), 1, "several processes write one bundle");

    let person = folder.path().join("photos/F0001/MID1");
    fs::create_dir_all(&person).unwrap();
    fs::copy(&photo, person.join("P00001_face0.jpg")).unwrap();
    let [photos, gallery] = ["photos", "gallery"].map(|name| folder.path().join(name));
    let arguments = ["ingest", "--photos", path(&photos), "--gallery", path(&gallery)];
    let ingested = run_with(&arguments, &variables);
    assert_eq!(ingested.code, 0, "{}", ingested.stderr);
    fs::remove_dir_all(&cache).unwrap();
    let found = run_with(&["search", path(&photo), "--gallery", path(&gallery)], &variables);
    assert_eq!(found.code, 0, "a cache may be deleted: {}", found.stderr);
}

#[test]
fn searches_out_of_range_are_wrong_usage() {
    let found = run(&["search", "a.jpg", "--gallery", "none", "--limit", "0"]);
    assert_eq!(found.code, 64, "{}", found.stderr);
}

#[test]
fn help_has_exit_codes_examples_and_variables() {
    let help = run(&["--help"]).stdout;
    assert!(help.contains("130  stopped by Ctrl-C") && help.contains("KINDRED_GALLERY"), "{help}");
    let long = run(&["gallery", "delete", "--help"]).stdout;
    assert!(long.contains("Examples:") && long.contains("kindred gallery delete"), "{long}");
    let short = run(&["gallery", "delete", "-h"]).stdout;
    assert!(!short.contains("Examples:"), "{short}");
}

#[test]
fn completions_and_manual_pages_name_the_commands() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let completions = run(&["completions", shell]).stdout;
        assert!(completions.contains("tri-subject"), "{shell}");
    }
    assert!(run(&["man"]).stdout.contains("Exit codes"));
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(run(&["man", "--out", path(folder.path())]).code, 0);
    assert!(folder.path().join("kindred-gallery-delete.1").exists());
}

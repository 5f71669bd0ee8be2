//! `kindred search` from the command line.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::Stdio;

use serde_json::{Value, json};

use crate::ingest::Archive;
use crate::support::families;
use crate::support::program::{ingest, kindred, path, run};
use crate::support::server::Server;

fn search(archive: &Archive, probe: &str, options: &[&str]) -> crate::support::program::Run {
    let (probe, gallery) = (archive.path("photos").join(probe), archive.path("gallery"));
    run(&[&["search", path(&probe), "--gallery", path(&gallery)], options].concat())
}

#[test]
fn an_enrolled_probe_is_known_and_its_person_is_never_a_match() {
    let archive = Archive::new(4);
    archive.ingest();
    for probe in archive.ids.iter().step_by(5) {
        let answer =
            search(&archive, &format!("{probe}.png"), &["--format", "json", "--limit", "100"]);
        let answer: Value = serde_json::from_str(&answer.stdout).unwrap();
        let person = probe.rsplit_once('/').unwrap().0;
        assert_eq!(answer["known_as"], json!([person]), "{probe}");
        let [own] = answer["same_person"].as_array().unwrap().as_slice() else {
            panic!("{answer}")
        };
        assert_eq!((&own["person"], &own["family"]), (&json!(person), &json!(person[..5])));
        let photos = own["photos"].as_array().unwrap();
        assert_eq!(photos.len(), 3, "four photos but the probe");
        assert!(photos.iter().all(|photo| photo["id"] != probe.as_str()));
        let matches = answer["matches"].as_array().unwrap();
        assert_eq!(matches.len(), 11, "twelve people but the probe's");
        assert!(matches.iter().all(|found| found["person"] != person), "{probe}");
        assert_eq!(
            (&answer["searched"]["photos"], &answer["searched"]["people"]),
            (&json!(48), &json!(11))
        );
    }
}

#[test]
fn a_new_photo_finds_its_person_unless_that_is_stated() {
    let archive = Archive::new(4);
    archive.ingest();
    let new = families::encoded(&families::photo(203, 17), image::ImageFormat::Png);
    fs::write(archive.path("photos/new.png"), new).unwrap();
    let found = |options: &[&str]| -> Value {
        let run = search(&archive, "new.png", &[&["--format", "json"], options].concat());
        assert_eq!(run.code, 0, "{}", run.stderr);
        serde_json::from_str(&run.stdout).unwrap()
    };
    let answer = found(&[]);
    assert_eq!((&answer["known_as"], &answer["same_person"]), (&json!([]), &json!([])));
    assert_eq!(answer["matches"][0]["person"], "F0002/MID3");
    assert_eq!(answer["matches"][0]["photos"].as_array().unwrap().len(), 4);
    assert_eq!(answer["families"][0]["family"], "F0002");
    let stated = found(&["--as", "F0002/MID3"]);
    assert_eq!(stated["known_as"], json!(["F0002/MID3"]));
    assert_eq!(stated["same_person"][0]["person"], "F0002/MID3");
    let matches = stated["matches"].as_array().unwrap();
    assert!(!matches.is_empty() && matches.iter().all(|found| found["person"] != "F0002/MID3"));
}

#[test]
fn people_who_are_not_in_the_gallery_are_refused_by_name() {
    let archive = Archive::new(2);
    archive.ingest();
    let probe = format!("{}.png", archive.ids[0]);
    for (option, named) in [
        ("--include", "F0777"),
        ("--include", "F0001/MID9"),
        ("--as", "F0002/MID9"),
        ("--include", "F0001/MID1/none"),
    ] {
        let refused = search(&archive, &probe, &[option, named]);
        let expected = format!("{named} is not in the gallery");
        assert!(refused.error().contains(&expected), "{}", refused.error());
    }
    assert_eq!(search(&archive, &probe, &["--include", "F0002"]).code, 0);
}

#[test]
fn the_limit_is_the_number_of_people() {
    let archive = Archive::new(4);
    archive.ingest();
    let probe = format!("{}.png", archive.ids[0]);
    for (limit, people) in [(1, 1), (7, 7), (11, 11), (12, 11)] {
        let answer = search(&archive, &probe, &["--format", "json", "--limit", &limit.to_string()]);
        let answer: Value = serde_json::from_str(&answer.stdout).unwrap();
        let matches = answer["matches"].as_array().unwrap();
        assert_eq!(matches.len(), people);
        let cosines: Vec<f64> = matches.iter().map(|m| m["cosine"].as_f64().unwrap()).collect();
        assert!(cosines.iter().rev().is_sorted(), "{cosines:?}");
    }
    assert_eq!(search(&archive, &probe, &["--limit", "0"]).code, 64);
}

#[test]
fn the_table_names_people_and_families() {
    let archive = Archive::new(2);
    archive.ingest();
    let table = search(&archive, &format!("{}.png", archive.ids[0]), &[]).stdout;
    assert!(table.contains("rank  person") && table.contains("rank  family"), "{table}");
    let (own, others) = table.split_once("Most similar:").unwrap();
    assert!(own.contains("The same person:") && own.contains("F0001/MID1"), "{table}");
    assert!(others.contains("F0001/MID2") && !others.contains("F0001/MID1"), "{table}");
    assert!(table.contains("Note: This bundle has no kinship ensemble"), "{table}");
}

#[test]
fn bad_input_to_a_search_is_one_line_of_error() {
    let archive = Archive::new(1);
    let probe = format!("{}.png", archive.ids[0]);
    assert!(search(&archive, &probe, &[]).error().contains("no gallery at"));
    assert!(!archive.path("gallery").exists(), "a search makes no gallery");
    archive.ingest();
    fs::write(archive.path("photos/text.jpg"), "text").unwrap();
    assert!(search(&archive, "text.jpg", &[]).error().contains("not an image"));
    assert!(search(&archive, "nothing.jpg", &[]).error().contains("cannot read"));
    assert!(search(&archive, "", &[]).error().contains("cannot read"));
    fs::rename(archive.path("bundle"), archive.path("moved")).unwrap();
    assert!(search(&archive, &probe, &[]).error().contains("--model"));
    let moved = archive.path("moved");
    assert_eq!(search(&archive, &probe, &["--model", path(&moved)]).code, 0);
}

#[test]
fn a_gallery_in_use_is_refused_until_the_other_process_ends() {
    let archive = Archive::new(1);
    archive.ingest();
    let probe = format!("{}.png", archive.ids[0]);
    let server = Server::start(&archive.path("gallery"));
    assert!(search(&archive, &probe, &[]).error().contains("open in another process"));
    let refused =
        ingest(&archive.path("photos"), &archive.path("gallery"), &archive.path("bundle"));
    assert!(refused.error().contains("open in another process"));
    assert_eq!(server.terminate(), 0);
    assert_eq!(search(&archive, &probe, &[]).code, 0);
}

#[test]
fn a_port_in_use_is_refused() {
    let archive = Archive::new(1);
    archive.ingest();
    let other = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = other.local_addr().unwrap().to_string();
    let gallery = archive.path("gallery");
    let refused = run(&["serve", "--gallery", path(&gallery), "--listen", &address]);
    assert!(refused.error().contains("is in use by another program"), "{}", refused.error());
    let refused = run(&["serve", "--gallery", path(&gallery), "--listen", "0.0.0.0:0"]);
    assert!(refused.error().contains("listen on 127.0.0.1"), "{}", refused.error());
}

#[test]
fn an_interrupted_ingest_stops_at_a_batch_and_goes_on_from_there() {
    use nix::sys::signal::{Signal, kill};
    let archive = Archive::new(60);
    let (photos, gallery, bundle) =
        (archive.path("photos"), archive.path("gallery"), archive.path("bundle"));
    let mut command = kindred(&[
        "ingest",
        "--photos",
        path(&photos),
        "--gallery",
        path(&gallery),
        "--model",
        path(&bundle),
    ]);
    let mut process = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut progress = BufReader::new(process.stderr.take().unwrap()).lines();
    assert!(progress.any(|line| line.unwrap().starts_with("Embedding")), "it begins");
    kill(nix::unistd::Pid::from_raw(process.id() as i32), Signal::SIGINT).unwrap();
    let output = process.wait_with_output().unwrap();
    let report = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(130), "{report}");
    assert!(report.contains("run the same command again"), "{report}");

    let stored = crate::ingest::photo_ids(&gallery).len();
    assert!(stored < archive.ids.len() && stored.is_multiple_of(16), "{stored}");
    let report = archive.ingest().stdout;
    assert!(report.contains(&format!("{stored} were there already")), "{report}");
    assert_eq!(crate::ingest::photo_ids(&gallery), archive.ids);
}

#[test]
fn a_device_that_is_not_there_is_refused_with_what_to_do() {
    let archive = Archive::new(1);
    let embed = |option: &str, value: &str| {
        let (photos, bundle) = (archive.path("photos"), archive.path("bundle"));
        let out = archive.path("out.safetensors");
        run(&[
            "embed",
            "--photos",
            path(&photos),
            "--model",
            path(&bundle),
            "--out",
            path(&out),
            option,
            value,
        ])
    };
    assert!(embed("--device", "cuda:0").error().contains("--features cuda"));
    assert!(embed("--precision", "bf16").error().contains("needs a GPU"));
    assert_eq!(embed("--device", "cpu").code, 0);
    assert!(embed("--device", "tpu").stderr.contains("cuda:N"));
}

#[test]
fn closed_pipe_ends_a_command_quietly_and_a_full_disk_is_one_line_of_error() {
    let archive = Archive::new(2);
    let done = |stdout: Stdio| {
        let [photos, gallery, bundle] =
            ["photos", "gallery", "bundle"].map(|name| archive.path(name));
        let mut command =
            kindred(&["ingest", "--photos", path(&photos), "--gallery", path(&gallery)]);
        command.args(["--model", path(&bundle)]).stdout(stdout).stderr(Stdio::piped());
        let output = command.output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let (code, stderr) = done(full.into());
    assert_eq!(code, Some(1), "{stderr}");
    assert!(stderr.contains("error: cannot write to standard output"), "{stderr}");
    let probe = format!("{}.png", archive.ids[0]);
    let found: Value =
        serde_json::from_str(&search(&archive, &probe, &["--format", "json"]).stdout).unwrap();
    assert_eq!(found["searched"]["photos"], 24, "the photos are enrolled all the same");
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let (code, stderr) = done(writer.into());
    assert_eq!(code, Some(0), "{stderr}");
    assert!(!stderr.contains("panicked") && !stderr.contains("error"), "{stderr}");
}

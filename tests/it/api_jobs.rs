//! Photos that are enrolled in the background.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use ureq::http::Method;

use crate::api::assert_problem;
use crate::ingest::{Archive, photo_ids};
use crate::support::families;
use crate::support::program::{ingest, kindred, path};
use crate::support::server::{Response, Server};

/// A gallery with one family, and an archive with three.
struct Place {
    archive: Archive,
    zip: Vec<u8>,
}

impl Place {
    fn new() -> Self {
        let archive = Archive::new(3);
        let zip = zipped(&archive, &archive.ids);
        let one = archive.path("photos/F0001");
        assert_eq!(ingest(&one, &archive.path("gallery"), &archive.path("bundle")).code, 0);
        Self { archive, zip }
    }

    fn serve(&self, options: &[&str]) -> Server {
        let gallery = self.archive.path("gallery");
        let place = ["serve", "--gallery", path(&gallery), "--listen", "127.0.0.1:0"];
        Server::of(&mut kindred(&[&place, options].concat()))
    }

    fn send(&self, server: &Server, more: &[(&str, &[u8])]) -> Response {
        let mut parts = vec![("archive", Some("photos.zip"), self.zip.as_slice())];
        parts.extend(more.iter().map(|(name, text)| (*name, None, *text)));
        server.post_form("/v1/jobs", &parts)
    }
}

fn zipped(archive: &Archive, ids: &[String]) -> Vec<u8> {
    let file = archive.path("photos.zip");
    families::zip(&archive.path("photos"), ids, &file);
    fs::read(file).unwrap()
}

fn id(response: &Response) -> String {
    assert_eq!(response.status, 202, "{}", response.body);
    let id = response.body["id"].as_str().unwrap().to_owned();
    assert_eq!(response.headers.get("location").unwrap(), &format!("/v1/jobs/{id}"));
    id
}

/// The job, once it has ended.
fn ended(server: &Server, id: &str) -> Value {
    let started = Instant::now();
    loop {
        let job = server.get(&format!("/v1/jobs/{id}")).body;
        if !["queued", "running"].contains(&job["state"].as_str().unwrap()) {
            return job;
        }
        assert!(started.elapsed() < Duration::from_secs(60), "it goes on: {job}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn counts(job: &Value) -> [u64; 4] {
    ["total", "enrolled", "unchanged", "rejected"].map(|name| job["photos"][name].as_u64().unwrap())
}

#[test]
fn an_archive_is_enrolled_as_the_command_line_would() {
    let place = Place::new();
    let server = place.serve(&[]);
    let first = id(&place.send(&server, &[]));
    let job = ended(&server, &first);
    assert_eq!((job["state"].as_str(), counts(&job)), (Some("done"), [36, 24, 12, 0]));
    assert!(job["finished_at"].as_str().unwrap() > job["created_at"].as_str().unwrap());
    let again = ended(&server, &id(&place.send(&server, &[("mode", b"force")])));
    assert_eq!(counts(&again), [36, 36, 0, 0]);
    let list = server.get("/v1/jobs?limit=1").body;
    assert_eq!(list["jobs"][0]["id"], again["id"], "the newest comes first");
    let next = server.get(&format!("/v1/jobs?cursor={}", list["next"].as_str().unwrap())).body;
    assert_eq!(next["jobs"][0]["id"], *first);
    let left: Vec<_> = fs::read_dir(place.archive.path("gallery/jobs")).unwrap().collect();
    assert_eq!(left.len(), 2, "no archive is left: {left:?}");
    assert_eq!(server.terminate(), 0);
    assert_eq!(photo_ids(&place.archive.path("gallery")), place.archive.ids);
}

#[test]
fn a_photo_that_cannot_be_enrolled_is_named() {
    let place = Place::new();
    let photo = place.archive.path("photos/F0002/MID1/broken.png");
    fs::write(&photo, b"text").unwrap();
    let ids = [place.archive.ids.as_slice(), &["F0002/MID1/broken".to_owned()]].concat();
    let zip = zipped(&place.archive, &ids);
    let server = place.serve(&[]);
    let sent = server.post_form("/v1/jobs", &[("archive", Some("a.zip"), &zip)]);
    let job = ended(&server, &id(&sent));
    assert_eq!((job["state"].as_str(), counts(&job)), (Some("done"), [37, 24, 12, 1]));
    assert!(job["errors"][0]["photo"].as_str().unwrap().ends_with("F0002/MID1/broken.png"));
    assert!(job["errors"][0]["detail"].as_str().unwrap().contains("not an image"));
}

#[test]
fn a_request_that_is_sent_twice_is_one_job() {
    let place = Place::new();
    let server = place.serve(&["--photo-root", path(&place.archive.path("photos"))]);
    let send = |key: &str| {
        let headers = [("content-type", "application/json"), ("idempotency-key", key)];
        id(&server.send(Method::POST, "/v1/jobs", &headers, br#"{"folder": "F0002"}"#))
    };
    let first = send("a");
    assert_eq!(send("a"), first);
    assert_ne!(send("b"), first);
    assert_eq!(counts(&ended(&server, &first)), [12, 12, 0, 0]);
}

#[test]
fn only_folders_inside_the_allowed_one_are_read() {
    let place = Place::new();
    let (root, outside) = (place.archive.path("photos"), place.archive.path("outside"));
    fs::create_dir(&outside).unwrap();
    std::os::unix::fs::symlink(&outside, root.join("link")).unwrap();
    let ask = |server: &Server, folder: &str| {
        let body = json!({ "folder": folder }).to_string();
        server.post("/v1/jobs", "application/json", body.as_bytes())
    };
    assert_problem(&ask(&place.serve(&[]), "F0002"), 422, "invalid_input");
    let server = place.serve(&["--photo-root", path(&root)]);
    for folder in ["../outside", "/etc", "link", "F0009", "F0002/../../outside"] {
        assert_problem(&ask(&server, folder), 422, "invalid_input");
    }
    assert_eq!(ended(&server, &id(&ask(&server, "F0002")))["state"], "done");
}

#[test]
fn a_job_that_was_cut_short_is_done_by_the_next_server() {
    let place = Place::new();
    let server = place.serve(&[]);
    let job = id(&place.send(&server, &[]));
    // Killed, wherever it is by now.
    drop(server);
    let left = place.archive.path("gallery/jobs/.tmp123");
    fs::write(&left, "of an archive that never arrived").unwrap();
    let server = place.serve(&[]);
    assert_eq!(ended(&server, &job)["state"], "done");
    assert!(!left.exists());
    // Told to stop while it runs, or before, or after.
    let job = id(&place.send(&server, &[("mode", b"force")]));
    assert_eq!(server.terminate(), 0);
    let server = place.serve(&[]);
    assert_eq!(ended(&server, &job)["state"], "done");
    assert_eq!(server.terminate(), 0);
    assert_eq!(photo_ids(&place.archive.path("gallery")), place.archive.ids);
}

#[test]
fn what_is_no_job_is_a_problem() {
    let place = Place::new();
    let server = place.serve(&[]);
    let send = |bytes: &[u8]| server.post_form("/v1/jobs", &[("archive", Some("a.zip"), bytes)]);
    assert_problem(&send(b"text"), 422, "invalid_input");
    assert_problem(&server.post_form("/v1/jobs", &[]), 400, "bad_request");
    assert_problem(&place.send(&server, &[("mode", b"all")]), 400, "bad_request");
    assert_problem(&server.get("/v1/jobs/1"), 422, "invalid_input");
    let nobody = "/v1/jobs/0198c1e4-0000-7000-8000-000000000000";
    assert_problem(&server.get(nobody), 404, "not_found");
    let cancel = |id: &str| server.post(&format!("{id}/cancel"), "text/plain", b"");
    assert_problem(&cancel(nobody), 404, "not_found");
    let done = id(&place.send(&server, &[]));
    ended(&server, &done);
    assert_eq!(cancel(&format!("/v1/jobs/{done}")).body["state"], "done");
    assert!(Path::new(&place.archive.path("gallery/jobs")).is_dir());
}

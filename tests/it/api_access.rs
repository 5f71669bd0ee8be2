//! EntityId may ask a service for what, and what is remembered of it.

use std::fs;
use std::path::Path;

use serde_json::Value;
use ureq::http::Method;

use crate::api::{assert_problem, served};
use crate::ingest::Archive;
use crate::support::program::{Run, kindred, path, run};
use crate::support::server::{Response, Server};

fn keys(gallery: &Path, arguments: &[&str]) -> Run {
    run(&[&["keys"], arguments, &["--gallery", path(gallery)]].concat())
}

fn new_key(gallery: &Path, scopes: &str) -> String {
    let made = keys(gallery, &["create", "--name", "a test", "--scopes", scopes]);
    assert_eq!(made.code, 0, "{}", made.stderr);
    made.stdout.trim().to_owned()
}

fn serve(gallery: &Path, options: &[&str]) -> Server {
    let place = ["serve", "--gallery", path(gallery), "--listen", "127.0.0.1:0"];
    Server::of(&mut kindred(&[&place, options].concat()))
}

fn ask(server: &Server, method: Method, route: &str, key: &str) -> Response {
    server.send(method, route, &[("x-api-key", key)], &[])
}

#[test]
fn a_key_opens_what_it_is_for_until_it_is_revoked() {
    let archive = Archive::new(2);
    archive.ingest();
    let gallery = archive.path("gallery");
    let (reader, admin) = (new_key(&gallery, "search"), new_key(&gallery, "search,write,admin"));
    let server = serve(&gallery, &[]);
    let families = "/v1/families";
    assert_problem(&server.get(families), 401, "unauthorized");
    assert_problem(&ask(&server, Method::GET, families, "kindred_guessed"), 401, "unauthorized");
    assert_eq!(ask(&server, Method::GET, families, &reader).status, 200);
    let bearer = [("authorization", format!("Bearer {reader}"))];
    let bearer: Vec<(&str, &str)> = bearer.iter().map(|(n, v)| (*n, v.as_str())).collect();
    assert_eq!(server.send(Method::GET, families, &bearer, &[]).status, 200);
    let (family, person) = ("/v1/families/F0001", "/v1/people/F0002/MID1/photos");
    assert_problem(&ask(&server, Method::DELETE, family, &reader), 403, "forbidden");
    assert_problem(&ask(&server, Method::POST, person, &reader), 403, "forbidden");
    assert_problem(&ask(&server, Method::GET, "/metrics", &reader), 403, "forbidden");
    assert_eq!(ask(&server, Method::DELETE, family, &admin).status, 200);
    for open in ["/healthz", "/readyz"] {
        assert_eq!(server.get(open).status, 200);
    }

    let listed = keys(&gallery, &["list"]).stdout;
    assert!(listed.contains("search,write,admin") && !listed.contains(&admin), "{listed}");
    let id = listed.lines().next().unwrap().split_whitespace().next().unwrap();
    assert_eq!(keys(&gallery, &["revoke", id]).code, 0);
    assert_problem(&ask(&server, Method::GET, families, &reader), 401, "unauthorized");
    assert!(keys(&gallery, &["revoke", id]).error().contains("no API key with the id"));
}

#[test]
fn without_a_key_the_service_is_for_this_machine_alone() {
    let archive = Archive::new(2);
    archive.ingest();
    let gallery = archive.path("gallery");
    let open = ["serve", "--gallery", path(&gallery), "--listen", "0.0.0.0:0"];
    assert!(run(&open).error().contains("kindred keys create"));
    let key = new_key(&gallery, "search");
    let server = Server::of(&mut kindred(&open));
    let port = server.address.rsplit_once(':').unwrap().1.to_owned();
    let local = Server::at(&format!("127.0.0.1:{port}"));
    assert_eq!(ask(&local, Method::GET, "/v1/families", &key).status, 200);
}

#[test]
fn a_key_that_asks_too_often_is_told_to_wait() {
    let archive = Archive::new(2);
    archive.ingest();
    let gallery = archive.path("gallery");
    let (one, other) = (new_key(&gallery, "search"), new_key(&gallery, "search"));
    let server = serve(&gallery, &["--requests-per-second", "3"]);
    let answers = (0..12).map(|_| ask(&server, Method::GET, "/v1/families", &one));
    let refused: Vec<Response> = answers.filter(|answer| answer.status != 200).collect();
    assert!(refused.len() > 4, "{}", refused.len());
    assert_problem(&refused[0], 429, "too_many_requests");
    assert_eq!(refused[0].headers.get("retry-after").unwrap(), "1");
    assert_eq!(ask(&server, Method::GET, "/v1/families", &other).status, 200);
}

#[test]
fn pages_of_other_places_may_ask_only_where_they_are_named() {
    let archive = Archive::new(2);
    archive.ingest();
    let gallery = archive.path("gallery");
    let key = new_key(&gallery, "search");
    let server = serve(&gallery, &["--allowed-origins", "https://archive.example"]);
    let allowed = |origin: &str| {
        let headers = [("origin", origin), ("x-api-key", &key)];
        let answer = server.send(Method::GET, "/v1/families", &headers, &[]);
        answer.headers.get("access-control-allow-origin").is_some()
    };
    assert!(allowed("https://archive.example") && !allowed("https://other.example"));
    let asks = [("origin", "https://archive.example"), ("access-control-request-method", "POST")];
    let first = server.send(Method::OPTIONS, "/v1/search", &asks, &[]);
    assert_eq!(first.status, 200, "a browser asks without a key: {}", first.body);
}

#[test]
fn searches_enrolments_and_removals_are_remembered_without_a_photo() {
    let (archive, server) = served();
    let photo = fs::read(archive.path(&format!("photos/{}.png", archive.ids[0]))).unwrap();
    let form = [("image", Some("grandmother.png"), &photo[..])];
    assert_eq!(server.post_form("/v1/search", &form).status, 200);
    assert_eq!(server.post_form("/v1/people/F0003/MID9/photos", &form).status, 201);
    let removed = server.delete("/v1/people/F0003/MID9");
    assert_eq!(removed.status, 200);
    assert_problem(&server.delete("/v1/people/F0003/MID9"), 404, "not_found");
    let text = fs::read_to_string(archive.path("gallery/audit.jsonl")).unwrap();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let actions: Vec<&str> = lines.iter().map(|line| line["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["search", "enrol", "remove"]);
    assert!(lines[0]["ids"].as_array().unwrap().len() > 3, "{text}");
    assert_eq!(lines[2]["ids"][0], "F0003/MID9");
    assert_eq!(
        lines[2]["request_id"],
        removed.headers.get("x-request-id").unwrap().to_str().unwrap()
    );
    assert!(lines.iter().all(|line| line["key"].is_null()) && !text.contains("grandmother"));
}

#[test]
fn keys_audit_trail_and_jobs_lie_in_the_data_directory() {
    let archive = Archive::new(2);
    archive.ingest();
    let gallery = archive.path("gallery");
    let data_dir = archive.path("service/data");
    let options = ["--data-dir", path(&data_dir)];
    let create = ["keys", "create", "--name", "a test", "--scopes", "admin"];
    let created = run(&[&create[..], &options].concat());
    assert_eq!(created.code, 0, "{}", created.stderr);
    let server = serve(&gallery, &options);
    assert_problem(&server.get("/v1/families"), 401, "unauthorized");
    let deleted = ask(&server, Method::DELETE, "/v1/families/F0001", created.stdout.trim());
    assert_eq!(deleted.status, 200, "{}", deleted.body);
    for name in ["keys.json", "audit.jsonl", "jobs"] {
        assert!(data_dir.join(name).exists(), "{name}");
        assert!(!gallery.join(name).exists(), "{name}");
    }
}

#[test]
fn figures_are_told_in_the_format_of_prometheus() {
    let (archive, server) = served();
    let photo = fs::read(archive.path(&format!("photos/{}.png", archive.ids[0]))).unwrap();
    server.post_form("/v1/search", &[("image", Some("a.png"), &photo)]);
    server.get("/v1/families/F0001");
    let figures = server.get("/metrics");
    assert!(figures.content_type.starts_with("application/openmetrics-text"));
    for expected in [
        "kindred_requests_total{method=\"POST\",route=\"/v1/search\",status=\"200\"} 1",
        "kindred_requests_total{method=\"GET\",route=\"/v1/families/{family}\",status=\"200\"} 1",
        "kindred_duration_seconds_count{stage=\"embed\"} 1",
        "kindred_model_batch_faces_count 1",
        "kindred_model_queue_faces 0",
        "kindred_gallery_photos 36",
    ] {
        assert!(figures.text.contains(expected), "{expected} in {}", figures.text);
    }
}

#[test]
fn settings_come_from_a_file_the_environment_and_flags_in_this_order() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("kindred.toml");
    fs::write(&file, "gallery = \"a\"\nlisten = \"127.0.0.1:1\"\naudit_days = 7\n").unwrap();
    let config = |arguments: &[&str], variables: &[(&str, &str)]| {
        let mut command = kindred(&[&["config", "--config", path(&file)], arguments].concat());
        let output = command.envs(variables.iter().copied()).output().unwrap();
        String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
    };
    let all = config(
        &["--listen", "127.0.0.1:3"],
        &[("KINDRED_LISTEN", "127.0.0.1:2"), ("KINDRED_GALLERY", "b")],
    );
    for line in
        ["gallery = \"b\"", "listen = \"127.0.0.1:3\"", "audit_days = 7", "request_seconds = 60"]
    {
        assert!(all.contains(line), "{line} in {all}");
    }
    fs::write(&file, all).unwrap();
    assert!(config(&[], &[]).contains("listen = \"127.0.0.1:3\""), "what is printed is a file");
    fs::write(&file, "galery = \"a\"\n").unwrap();
    assert!(config(&[], &[]).contains("unknown field `galery`"));
}

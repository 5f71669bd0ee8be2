//! The HTTP service.

use std::fs;

use serde_json::Value;

use crate::ingest::Archive;
use crate::support::program::{path, run};
use crate::support::server::{Response, Server};

pub fn served() -> (Archive, Server) {
    let archive = Archive::new(3);
    archive.ingest();
    let server = Server::start(&archive.path("gallery"));
    (archive, server)
}

pub fn assert_problem(response: &Response, status: u16, code: &str) {
    assert_eq!(response.status, status, "{}", response.body);
    assert_eq!(response.content_type, "application/problem+json");
    assert_eq!(response.body["status"], status);
    assert_eq!(response.body["code"], code);
    assert!(!response.body["detail"].as_str().unwrap().is_empty());
    let id = response.headers.get("x-request-id").unwrap().to_str().unwrap();
    assert_eq!(response.body["request_id"], id);
}

#[test]
fn a_search_over_http_answers_as_the_command_line_does_before_and_after_a_restart() {
    let (archive, server) = served();
    let probe = archive.path("photos").join(format!("{}.png", archive.ids[7]));
    let photo = fs::read(&probe).unwrap();
    let ask = |server: &Server| {
        let answer = server
            .post_form("/v1/search", &[("image", Some("me.png"), &photo), ("limit", None, b"4")]);
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.body
    };
    let first = ask(&server);
    assert_eq!(server.terminate(), 0);
    let server = Server::start(&archive.path("gallery"));
    let second = ask(&server);
    drop(server);
    let gallery = archive.path("gallery");
    let printed = run(&[
        "search",
        path(&probe),
        "--gallery",
        path(&gallery),
        "--format",
        "json",
        "--limit",
        "4",
    ]);
    let printed: Value = serde_json::from_str(&printed.stdout).unwrap();
    for part in ["matches", "families", "searched"] {
        assert_eq!(first[part], second[part]);
        assert_eq!(first[part], printed[part]);
    }
    assert_eq!(first["matches"].as_array().unwrap().len(), 4);
    assert!(first["timings_ms"]["embed"].as_f64().unwrap() > 0.0);
}

#[test]
fn health_and_readiness_are_told() {
    let (_archive, server) = served();
    assert_eq!(server.get("/healthz").body["status"], "ok");
    let ready = server.get("/readyz");
    assert_eq!((ready.status, &ready.body["photos"]), (200, &Value::from(36)));
}

#[test]
fn every_error_is_a_problem_with_its_requests_id() {
    let (archive, server) = served();
    let photo = fs::read(archive.path("photos").join(format!("{}.png", archive.ids[0]))).unwrap();
    assert_problem(&server.get("/nothing"), 404, "not_found");
    assert_problem(&server.get("/v1/search"), 405, "method_not_allowed");
    let head = |route: &str| server.send(ureq::http::Method::HEAD, route, &[], &[]);
    for route in ["/healthz", "/v1/families", "/"] {
        let (asked, told) = (head(route), server.get(route));
        assert_eq!((asked.status, asked.text.as_str()), (200, ""), "{route}");
        let length = |headers: &ureq::http::HeaderMap| headers["content-length"].clone();
        assert_eq!(length(&asked.headers), length(&told.headers), "{route}");
    }
    assert_eq!(head("/v1/search").status, 405);
    assert_problem(
        &server.post("/v1/removals", "text/plain", b"{}"),
        415,
        "unsupported_media_type",
    );
    assert_problem(&server.post_form("/v1/search", &[]), 400, "bad_request");
    assert_problem(
        &server.post_form("/v1/search", &[("photo", Some("a.png"), &photo)]),
        400,
        "bad_request",
    );
    assert_problem(
        &server.post_form("/v1/search", &[("image", Some("a.png"), b"text")]),
        422,
        "invalid_input",
    );
    assert_problem(
        &server.post_form("/v1/search", &[("image", Some("a.png"), &photo[..99])]),
        422,
        "invalid_input",
    );
    for limit in ["0", "1001"] {
        let form = [("image", Some("a.png"), &photo[..]), ("limit", None, limit.as_bytes())];
        assert_problem(&server.post_form("/v1/search", &form), 422, "invalid_input");
    }
    let form = [("image", Some("a.png"), &photo[..]), ("limit", None, b"many")];
    assert_problem(&server.post_form("/v1/search", &form), 400, "bad_request");
    assert_eq!(server.get("/healthz").status, 200, "it still answers");
}

#[test]
fn searches_at_the_same_time_each_get_their_own_answer() {
    let (archive, server) = served();
    std::thread::scope(|scope| {
        for id in &archive.ids {
            let (archive, server) = (&archive, &server);
            scope.spawn(move || {
                let photo = fs::read(archive.path("photos").join(format!("{id}.png"))).unwrap();
                let answer = server.post_form("/v1/search", &[("image", Some("a.png"), &photo)]);
                assert_eq!(answer.status, 200, "{}", answer.body);
                let person = id.rsplit_once('/').unwrap().0;
                assert_eq!(answer.body["same_person"][0]["person"], person);
            });
        }
    });
}

#[test]
fn two_photos_are_compared_in_either_order() {
    let (archive, server) = served();
    let photo =
        |at: usize| fs::read(archive.path(&format!("photos/{}.png", archive.ids[at]))).unwrap();
    let (a, b) = (photo(0), photo(6));
    let cosine = |a: &[u8], b: &[u8]| {
        let parts = [("image_a", Some("a.png"), a), ("image_b", Some("b.png"), b)];
        let answer = server.post_form("/v1/compare", &parts);
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.body["cosine"].as_f64().unwrap()
    };
    assert!((cosine(&a, &a) - 1.0).abs() < 1e-6);
    assert_eq!(cosine(&a, &b), cosine(&b, &a));
    assert!(cosine(&a, &b) < cosine(&a, &a));
    let one = server.post_form("/v1/compare", &[("image_a", Some("a.png"), &a)]);
    assert_problem(&one, 400, "bad_request");
    let parts = [("image", Some("a.png"), a.as_slice()), ("other_parent", Some("b.png"), &b)];
    assert_problem(&server.post_form("/v1/search", &parts), 422, "invalid_input");
}

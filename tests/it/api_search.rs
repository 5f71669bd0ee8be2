//! Searches over HTTP, with the default bundle on drawn families.

use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use crate::api::assert_problem;
use crate::kinship::Trained;
use crate::support::program::{kindred, path};
use crate::support::server::{Response, Server};

/// A demonstration of three families, whose photos are kept.
struct Demo {
    folder: tempfile::TempDir,
    server: Server,
}

const PROBE: &str = "F0001/MID1/P00001_face0";

impl Demo {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let arguments =
            ["demo", "--out", path(folder.path()), "--families", "3", "--listen", "127.0.0.1:0"];
        let server = Server::of(&mut kindred(&arguments));
        Self { folder, server }
    }

    fn photo(&self, id: &str) -> Vec<u8> {
        fs::read(self.folder.path().join(format!("photos/{id}.jpg"))).unwrap()
    }

    fn ask(&self, asked: &Value) -> Response {
        self.server.post(
            "/v1/search",
            "application/json; charset=utf-8",
            asked.to_string().as_bytes(),
        )
    }

    fn found(&self, asked: &Value) -> Value {
        let answer = self.ask(asked);
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.body
    }
}

fn list<'a>(answer: &'a Value, name: &str) -> &'a Vec<Value> {
    answer[name].as_array().unwrap_or_else(|| panic!("{name} in {answer}"))
}

#[test]
fn the_same_photo_finds_the_same_however_it_is_given() {
    let demo = Demo::start();
    let photo = demo.photo(PROBE);
    let form = demo.server.post_form("/v1/search", &[("image", Some("me.jpg"), &photo)]);
    assert_eq!(form.status, 200, "{}", form.body);
    let face = &form.body["faces"][0];
    assert_eq!((&face["part"], &face["index"]), (&json!("image"), &json!(0)));
    let side = |name: &str| face["box"][name].as_f64().unwrap();
    let width = face["width"].as_f64().unwrap();
    assert!(
        side("width") > width / 4.0
            && side("x") > -width
            && side("x") + side("width") < 2.0 * width
    );
    assert_eq!(list(face, "landmarks").len(), 5);
    assert!(face["quality"].as_f64().unwrap() > 0.5);
    assert_eq!(form.body["model"]["name"], "default");
    assert_eq!(form.body["gallery"]["photos"], form.body["searched"]["photos"]);

    let by_file = demo.found(&json!({ "image": [{ "base64": BASE64_STANDARD.encode(&photo) }] }));
    let by_id = demo.found(&json!({ "image": [{ "photo": PROBE }] }));
    let embedded = demo.server.post_form("/v1/embeddings", &[("image", Some("me.jpg"), &photo)]);
    let embeddings = &embedded.body["photos"][0]["embeddings"];
    let by_embeddings = demo.found(&json!({ "image": [{ "embeddings": embeddings }] }));
    for part in ["matches", "families", "faces"] {
        assert_eq!(form.body[part], by_file[part]);
    }
    assert_eq!(form.body["matches"], by_id["matches"]);
    assert!(list(&by_id, "faces").is_empty());
    // Nobody says that this is the enrolled photo, so it is found, too.
    assert_eq!(by_embeddings["same_person"][0]["person"], "F0001/MID1");
    assert_eq!(by_embeddings["same_person"][0]["photos"][0]["id"], PROBE);
}

#[test]
fn a_search_says_what_was_asked_for_and_no_more() {
    let demo = Demo::start();
    let image = json!([{ "photo": PROBE }]);
    let same = demo.found(&json!({ "image": image, "mode": "same_person" }));
    assert!(list(&same, "matches").is_empty() && list(&same, "families").is_empty());
    for mode in ["parents", "parents_of"] {
        let parents = demo.found(&json!({ "image": image, "mode": mode }));
        assert!(!list(&parents, "couples").is_empty());
    }
    let other = json!([{ "photo": "F0001/MID2/P00003_face0" }]);
    let children = demo.found(&json!({ "image": image, "other_parent": other }));
    assert!(!list(&children, "matches").is_empty());
    for mode in ["children", "child_of"] {
        let named = demo.found(&json!({ "image": image, "other_parent": other, "mode": mode }));
        assert_eq!(children["matches"], named["matches"], "{mode}");
    }
    let relatives = demo.found(&json!({ "image": image, "mode": "relatives" }));
    assert_eq!(relatives["matches"], demo.found(&json!({ "image": image }))["matches"]);
    assert_ne!(relatives["matches"], children["matches"]);
    assert!(list(&relatives, "photos").is_empty() && list(&relatives, "couples").is_empty());

    let photos = demo.found(&json!({ "image": image, "group_by": "photo", "limit": 7 }));
    let likely: Vec<f64> = list(&photos, "photos")
        .iter()
        .map(|photo| photo["log_likelihood_ratio"].as_f64().unwrap())
        .collect();
    assert!(likely.len() == 7 && likely.is_sorted_by(|a, b| a >= b), "{likely:?}");
    let families = demo.found(&json!({ "image": image, "group_by": "family", "limit": 1 }));
    assert_eq!(list(&families, "families").len(), 1);
    let family = &families["families"][0]["family"];
    assert!(list(&families, "matches").iter().all(|found| found["family"] == *family));

    let explained = demo.found(&json!({ "image": image, "explain": true }));
    let weights = explained["explanation"]["weights"].as_object().unwrap();
    let sum: f64 = weights.values().map(|weight| weight.as_f64().unwrap()).sum();
    assert!((sum - 1.0).abs() < 1e-6, "{weights:?}");
    let members = explained["matches"][0]["kinship"]["members"].as_object().unwrap();
    assert!(members.keys().eq(weights.keys()));
    assert!(same.get("explanation").is_none());
}

#[test]
fn an_enrolled_probe_never_finds_its_own_person() {
    let demo = Demo::start();
    let photos = demo.folder.path().join("photos");
    let entries = |folder: &Path| -> Vec<PathBuf> {
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
    };
    let families = entries(&photos).into_iter().filter(|family| family.is_dir());
    let people: Vec<PathBuf> = families.flat_map(|family| entries(&family)).collect();
    assert!(people.len() > 10);
    for person in &people {
        let photo = entries(person).swap_remove(0);
        let name = person.strip_prefix(&photos).unwrap().to_str().unwrap();
        let id = format!("{name}/{}", photo.file_stem().unwrap().to_str().unwrap());
        let by_file = json!([{ "base64": BASE64_STANDARD.encode(fs::read(&photo).unwrap()) }]);
        for image in [json!([{ "photo": id }]), by_file] {
            let answer = demo.found(&json!({ "image": image, "limit": 1000 }));
            assert_eq!(answer["known_as"], json!([name]));
            let matches = list(&answer, "matches");
            assert!(!matches.is_empty() && matches.iter().all(|found| found["person"] != name));
            assert_eq!(answer["searched"]["people"], people.len() - 1);
            let own = list(&answer, "same_person").iter().filter(|found| found["person"] == name);
            let mut photos = own.flat_map(|own| list(own, "photos"));
            assert!(photos.all(|photo| photo["id"] != id.as_str()), "the probe finds itself");
        }
    }
}

#[test]
fn the_prior_and_the_false_positive_rate_are_those_of_the_request() {
    let trained = Trained::new();
    trained.ingest();
    let server = Server::start(&trained.path("gallery"));
    let found = |options: &Value| -> Value {
        let mut request = json!({ "image": [{ "photo": "F0001/MID1/P10_face0" }] });
        request.as_object_mut().unwrap().extend(options.as_object().unwrap().clone());
        let answer = server.post("/v1/search", "application/json", request.to_string().as_bytes());
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.body
    };
    let number = |value: &Value| value.as_f64().unwrap_or_else(|| panic!("{value}"));

    let without = found(&json!({ "expected_relatives": 0 }));
    assert!(without["searched"].get("prior").is_none(), "{}", without["searched"]);
    for person in list(&without, "matches") {
        assert!(person["kinship"].get("probability").is_none(), "{person}");
        assert!(number(&person["kinship"]["log_likelihood_ratio"]).is_finite());
        assert!(number(&person["kinship"]["chance_matches"]) >= 0.0);
    }
    for expected in [1.0, 5.0] {
        let answer = found(&json!({ "expected_relatives": expected }));
        let searched = &answer["searched"];
        assert_eq!(number(&searched["expected_relatives"]), expected);
        let prior = expected / number(&searched["people"]);
        assert!((number(&searched["prior"]) - prior).abs() < 1e-9);
        assert_eq!(list(&answer, "matches").len(), 10);
        for person in list(&answer, "matches") {
            let ratio = number(&person["kinship"]["log_likelihood_ratio"]).exp();
            let odds = ratio * prior / (1.0 - prior);
            assert!((number(&person["kinship"]["probability"]) - odds / (1.0 + odds)).abs() < 1e-6);
        }
    }
    let marked = |rate: f64| {
        let answer = found(&json!({ "max_false_positive_rate": rate }));
        assert_eq!(number(&answer["searched"]["max_false_positive_rate"]), rate);
        let marked = |found: &&Value| found["kinship"]["is_kin"] == true;
        list(&answer, "matches").iter().filter(marked).count()
    };
    assert_eq!((marked(0.0), marked(1.0)), (0, 10));
    assert!(marked(0.1) <= marked(0.5));
    assert_eq!(server.terminate(), 0);
}

#[test]
fn enrolled_photos_are_ranked_beside_a_person() {
    let demo = Demo::start();
    let photos = ["F0002/MID1/P00001_face0", "F0001/MID2/P00003_face0", "F0001/MID3/P00006_face0"];
    let rerank = |asked: &Value| {
        demo.server.post("/v1/rerank", "application/json", asked.to_string().as_bytes())
    };
    let answer = rerank(&json!({ "image": [{ "photo": PROBE }], "photos": photos }));
    assert_eq!(answer.status, 200, "{}", answer.body);
    let results = list(&answer.body, "results");
    assert_eq!(results.len(), 3);
    for result in results {
        assert_eq!(result["id"], photos[result["index"].as_u64().unwrap() as usize]);
    }
    let likely = |at: usize| results[at]["log_likelihood_ratio"].as_f64().unwrap();
    assert!(likely(0) >= likely(1) && likely(1) >= likely(2));
    let gone = rerank(&json!({ "image": [{ "photo": PROBE }], "photos": ["F0001/MID2/gone"] }));
    assert_problem(&gone, 404, "not_found");
    let nothing = rerank(&json!({ "image": [{ "photo": PROBE }], "photos": [] }));
    assert_problem(&nothing, 422, "invalid_input");
}

#[test]
fn what_cannot_be_searched_with_is_a_problem() {
    let demo = Demo::start();
    let image = json!([{ "photo": PROBE }]);
    for asked in [
        json!({ "image": [] }),
        json!({ "image": [{ "photo": "Smith" }] }),
        json!({ "image": [{ "base64": "not base64!" }] }),
        json!({ "image": [{ "base64": "aGVsbG8=" }] }),
        json!({ "image": [{ "embeddings": [[1.0, 0.0]] }] }),
        json!({ "image": vec![json!({ "photo": PROBE }); 17] }),
        json!({ "image": image, "mode": "child_of" }),
        json!({ "image": image, "mode": "relatives", "other_parent": image }),
        json!({ "image": image, "limit": 0 }),
        json!({ "image": image, "min_probability": 1.5 }),
        json!({ "image": image, "expected_relatives": -1 }),
        json!({ "image": image, "expected_relatives": 1001 }),
        json!({ "image": image, "max_false_positive_rate": 1.5 }),
        json!({ "image": image, "as": ["Smith"] }),
        json!({ "image": image, "family_ids": ["Smith"] }),
    ] {
        assert_problem(&demo.ask(&asked), 422, "invalid_input");
    }
    for asked in [json!({}), json!({ "image": image, "mode": "twins" }), json!({ "photo": PROBE })]
    {
        assert_problem(&demo.ask(&asked), 400, "bad_request");
    }
    for missing in [
        json!({ "image": [{ "photo": "F0009/MID1/x" }] }),
        json!({ "image": image, "as": ["F0001/MID99"] }),
        json!({ "image": image, "as": ["F0001/MID1", "F0777/MID1"] }),
        json!({ "image": image, "family_ids": ["F0001", "F0777"] }),
    ] {
        assert_problem(&demo.ask(&missing), 404, "not_found");
    }
    let photo = demo.photo(PROBE);
    let unknown = [("image", Some("a.jpg"), photo.as_slice()), ("limits", None, b"4")];
    assert_problem(&demo.server.post_form("/v1/search", &unknown), 400, "bad_request");
}

#[test]
fn every_photo_that_cannot_be_read_is_named() {
    let demo = Demo::start();
    let photo = demo.photo(PROBE);
    let answer = demo.server.post_form(
        "/v1/search",
        &[("image", Some("a"), b"text"), ("image", Some("b"), &photo), ("image", Some("c"), b"")],
    );
    assert_problem(&answer, 422, "invalid_input");
    let errors = list(&answer.body, "errors");
    let places: Vec<&Value> = errors.iter().map(|error| &error["index"]).collect();
    assert_eq!(places, [&json!(0), &json!(2)]);
    assert!(errors.iter().all(|error| error["part"] == "image"));
}

#[test]
fn the_document_names_every_address_and_the_page_asks_nobody_else() {
    let demo = Demo::start();
    let document = demo.server.get("/openapi.json").body;
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    let paths = document["paths"].as_object().unwrap();
    for (path, methods) in [
        ("/v1/search", vec!["post"]),
        ("/v1/families/{family}", vec!["delete", "get", "put"]),
        ("/v1/people/{family}/{member}", vec!["delete", "get", "put"]),
        ("/v1/photos/{family}/{member}/{name}", vec!["delete", "get", "put"]),
        ("/v1/relationships", vec!["delete", "get", "put"]),
        ("/v1/jobs/{id}/cancel", vec!["post"]),
        ("/metrics", vec!["get"]),
    ] {
        let found: Vec<&String> = paths[path].as_object().unwrap().keys().collect();
        assert_eq!(found, methods, "{path}");
    }
    let page = demo.server.get("/");
    assert!(page.content_type.starts_with("text/html"));
    let policy = page.headers.get("content-security-policy").unwrap().to_str().unwrap();
    assert!(policy.contains("default-src 'none'") && !policy.contains("http"), "{policy}");
    let assets = page.text.split("\"/assets/").skip(1).map(|rest| rest.split('"').next().unwrap());
    let assets: Vec<&str> = assets.collect();
    assert!(assets.contains(&"app.js") && assets.contains(&"style.css"), "{assets:?}");
    for asset in assets {
        assert_eq!(demo.server.get(&format!("/assets/{asset}")).status, 200, "{asset}");
    }
    assert_problem(&demo.server.get("/assets/..%2fserver.rs"), 404, "not_found");
}

#[test]
fn a_kept_picture_is_shown_and_goes_with_its_photo() {
    let demo = Demo::start();
    let route = format!("/v1/photos/{PROBE}/image");
    let shown = demo.server.get(&route);
    assert_eq!((shown.status, shown.content_type.as_str()), (200, "image/jpeg"));
    assert_eq!(shown.headers.get("cache-control").unwrap(), "no-store");
    let removed = demo.server.delete(&format!("/v1/photos/{PROBE}"));
    assert_eq!((removed.status, &removed.body["thumbnails"]), (200, &json!(1)));
    assert_problem(&demo.server.get(&route), 404, "not_kept");
}

#[test]
fn listed_kin_of_one_family_can_be_asked_for() {
    let demo = Demo::start();
    let all = demo.server.get("/v1/relationships?limit=1000").body;
    let own = demo.server.get("/v1/relationships?limit=1000&family=F0002").body;
    let is_own = |pair: &&Value| pair["person_a"].as_str().unwrap().starts_with("F0002/");
    let expected: Vec<&Value> = list(&all, "relationships").iter().filter(is_own).collect();
    assert!(!expected.is_empty() && list(&own, "relationships").iter().eq(expected));
}

//! Families, people and photos over HTTP.

use std::fs;

use serde_json::{Value, json};
use ureq::http::Method;

use crate::api::{assert_problem, served};
use crate::ingest::photo_ids;
use crate::support::families;

#[test]
fn families_people_and_photos_are_told() {
    let (archive, server) = served();
    let page = server.get("/v1/families?limit=2").body;
    assert_eq!(page, json!({ "families": ["F0001", "F0002"], "next": "F0002" }));
    let last = server.get("/v1/families?limit=2&cursor=F0002").body;
    assert_eq!(last, json!({ "families": ["F0003"] }));
    let family = server.get("/v1/families/F0002").body;
    assert_eq!(family["people"].as_array().unwrap().len(), 3);
    assert_eq!(family["people"][1]["person"], "F0002/MID2");
    assert_eq!(family["people"][1]["photos"], 4);
    let person = server.get("/v1/people/F0002/MID2").body;
    let own: Vec<&String> = archive.ids.iter().filter(|id| id.starts_with("F0002/MID2/")).collect();
    assert_eq!(person["photos"], json!(own));
    let photo = server.get(&format!("/v1/photos/{}", own[0])).body;
    assert_eq!((&photo["id"], &photo["person"]), (&json!(own[0]), &json!("F0002/MID2")));
    assert_eq!(photo["sha256"].as_str().unwrap().len(), 64);
}

#[test]
fn who_is_not_there_and_what_is_no_name_is_a_problem() {
    let (_archive, server) = served();
    for route in ["/v1/families/F0099", "/v1/people/F0001/MID9", "/v1/photos/F0001/MID1/none"] {
        assert_problem(&server.get(route), 404, "not_found");
        assert_problem(&server.delete(route), 404, "not_found");
    }
    for route in ["/v1/families/Smith", "/v1/people/F0001/9", "/v1/photos/F0001/MID1/..%2fa"] {
        assert_problem(&server.get(route), 422, "invalid_input");
        assert_problem(&server.delete(route), 422, "invalid_input");
    }
    for page in ["limit=0", "limit=1001", "cursor=last"] {
        let page = server.get(&format!("/v1/families?{page}"));
        assert_problem(&page, 422, "invalid_input");
    }
    assert_problem(&server.get("/v1/families?limit=many"), 400, "bad_request");
    assert_problem(&server.get("/v1/families?colour=red"), 400, "bad_request");
}

#[test]
fn who_is_removed_is_found_no_more_and_a_receipt_says_what_went() {
    let (archive, server) = served();
    let photo = fs::read(archive.path("photos").join(format!("{}.png", archive.ids[0]))).unwrap();
    let people = |server: &crate::support::server::Server| -> Vec<String> {
        let form = [("image", Some("a.png"), &photo[..])];
        let found = server.post_form("/v1/search", &form).body;
        let lists = ["same_person", "matches"].map(|list| found[list].as_array().unwrap());
        let people = lists.into_iter().flatten();
        people.map(|found| found["person"].as_str().unwrap().to_owned()).collect()
    };
    assert!(people(&server).contains(&"F0001/MID1".to_owned()));
    let receipt = server.delete("/v1/people/F0001/MID1").body;
    assert_eq!((&receipt["removed"], &receipt["photos"]), (&json!("F0001/MID1"), &json!(4)));
    assert_eq!(receipt["embeddings"], 4);
    assert!(receipt["at"].as_str().unwrap().ends_with('Z'), "{receipt}");
    assert!(!people(&server).contains(&"F0001/MID1".to_owned()));
    assert_eq!(server.delete("/v1/families/F0003").body["photos"], 12);
    assert_eq!(server.delete(&format!("/v1/photos/{}", archive.ids[4])).body["photos"], 1);
    assert_eq!(server.get("/readyz").body["photos"], 36 - 4 - 12 - 1);
    assert_eq!(server.terminate(), 0);
    assert_eq!(photo_ids(&archive.path("gallery")).len(), 36 - 4 - 12 - 1);
}

#[test]
fn a_photo_is_enrolled_at_once_and_is_still_there_after_a_restart() {
    let (archive, server) = served();
    let file = |number| families::encoded(&families::photo(77, number), image::ImageFormat::Png);
    let (first, second) = (file(1), file(2));
    let images = [("image", Some("a.png"), &first[..]), ("image", Some("b.png"), &second)];
    let enrolled = server.post_form("/v1/people/F0100/MID1/photos", &images);
    assert_eq!(enrolled.status, 201, "{}", enrolled.body);
    let ids = enrolled.body["photos"].clone();
    assert_eq!(ids.as_array().unwrap().len(), 2);
    // The same photos again are the same.
    let again = server.post_form("/v1/people/F0100/MID1/photos", &images);
    assert_eq!(again.body["photos"], ids);
    let probe = file(3);
    let form = [("image", Some("c.png"), &probe[..])];
    let found = server.post_form("/v1/search", &form).body;
    assert_eq!(found["matches"][0]["person"], "F0100/MID1", "{found}");
    let put = |name: &str, file: &[u8]| {
        let route = format!("/v1/photos/F0100/MID2/{name}");
        server.send_form(Method::PUT, &route, &[("image", Some("d.png"), file)]).status
    };
    assert_eq!((put("portrait", &probe), put("portrait", &first)), (201, 200));
    assert_problem(&server.post_form("/v1/people/F0100/MID1/photos", &[]), 400, "bad_request");
    assert_eq!(server.terminate(), 0);
    let known = photo_ids(&archive.path("gallery"));
    assert_eq!(known.len(), 39);
    assert!(known.contains(&"F0100/MID2/portrait".to_owned()));
}

#[test]
fn a_person_and_the_kin_of_a_family_are_put_in_place_of_what_was_there() {
    let (_archive, server) = served();
    let file = |number| families::encoded(&families::photo(77, number), image::ImageFormat::Png);
    let (first, second) = (file(1), file(2));
    let put_person = |route: &str, files: &[&Vec<u8>]| {
        let form: Vec<_> = files.iter().map(|file| ("image", Some("a.png"), &file[..])).collect();
        server.send_form(Method::PUT, route, &form)
    };
    let put_kin = |route: &str, pairs: &[(&str, &str)]| {
        let pairs: Vec<Value> =
            pairs.iter().map(|(a, b)| json!({ "person_a": a, "person_b": b })).collect();
        let body = json!({ "relationships": pairs }).to_string();
        server.send(Method::PUT, route, &[("content-type", "application/json")], body.as_bytes())
    };
    // Somebody new, and again, and somebody who had four photos.
    for route in ["/v1/people/F0100/MID1", "/v1/people/F0100/MID1", "/v1/people/F0001/MID1"] {
        let put = put_person(route, &[&first, &second]);
        assert_eq!((put.status, list(&put.body, "photos").len()), (200, 2), "{}", put.body);
        let told = server.get(route).body;
        let sorted = |body: &Value| {
            let mut ids = list(body, "photos").clone();
            ids.sort_by_key(ToString::to_string);
            ids
        };
        assert_eq!(sorted(&told), sorted(&put.body));
    }
    let one = put_person("/v1/people/F0100/MID1", &[&second]);
    assert_eq!(server.get("/v1/people/F0100/MID1").body["photos"], one.body["photos"]);
    assert_problem(&put_person("/v1/people/F0100/MID1", &[]), 400, "bad_request");
    assert_problem(&put_person("/v1/people/F0100/MID1", &[&b"x".to_vec()]), 422, "invalid_input");
    assert_eq!(server.get("/v1/people/F0100/MID1").body["photos"], one.body["photos"]);

    let kin = |family: &str| {
        let listed = server.get(&format!("/v1/relationships?family={family}"));
        let pair = |pair: &Value| format!("{} {}", pair["person_a"], pair["person_b"]);
        list(&listed.body, "relationships").iter().map(pair).collect::<Vec<_>>()
    };
    let [one, two, three] = ["F0001/MID1", "F0001/MID2", "F0001/MID3"];
    let others = kin("F0002");
    assert_eq!(put_kin("/v1/families/F0001", &[(one, two), (one, three)]).status, 200);
    let put = put_kin("/v1/families/F0001", &[(two, three), (three, one)]);
    assert_eq!(put.status, 200, "{}", put.body);
    assert_eq!(kin("F0001").len(), 2);
    assert_eq!(server.get("/v1/people/F0001/MID1").body["listed_kin"], json!([three]));
    assert_eq!(kin("F0002"), others);
    let foreign = put_kin("/v1/families/F0001", &[("F0002/MID1", "F0002/MID2")]);
    assert_problem(&foreign, 422, "invalid_input");
    assert_eq!((put_kin("/v1/families/F0001", &[]).status, kin("F0001").len()), (200, 0));
}

fn list<'a>(body: &'a Value, name: &str) -> &'a Vec<Value> {
    body[name].as_array().unwrap()
}

#[test]
fn a_search_keeps_to_the_families_that_it_is_told() {
    let (archive, server) = served();
    let photo = fs::read(archive.path("photos").join(format!("{}.png", archive.ids[0]))).unwrap();
    let families = |fields: &[(&str, &[u8])]| -> Vec<Value> {
        let mut form = vec![("image", Some("a.png"), &photo[..])];
        form.extend(fields.iter().map(|(name, value)| (*name, None, *value)));
        let found = server.post_form("/v1/search", &form);
        assert_eq!(found.status, 200, "{}", found.body);
        let families = found.body["families"].as_array().unwrap().iter();
        families.map(|family| family["family"].clone()).collect()
    };
    let two: &[(&str, &[u8])] =
        &[("family_ids", b"F0002"), ("family_ids", b"F0003"), ("exact", b"true")];
    let mut found = families(two);
    found.sort_by_key(ToString::to_string);
    assert_eq!(found, ["F0002", "F0003"]);
    let found = families(&[("exclude_family_ids", b"F0001"), ("ef", b"200")]);
    assert!(!found.contains(&json!("F0001")) && found.len() == 2, "{found:?}");
    // The last is in its range, but takes a trained bundle.
    let wrong: [(&str, &[u8]); 3] =
        [("family_ids", b"the Smiths"), ("min_probability", b"1.5"), ("min_probability", b"0.5")];
    for (name, value) in wrong {
        let form = [("image", Some("a.png"), &photo[..]), (name, None, value)];
        assert_problem(&server.post_form("/v1/search", &form), 422, "invalid_input");
    }
}

#[test]
fn kin_are_listed_told_page_by_page_and_listed_no_more() {
    let (_archive, server) = served();
    let put = |body: &Value| {
        let json = ("content-type", "application/json");
        server.send(Method::PUT, "/v1/relationships", &[json], body.to_string().as_bytes())
    };
    let pair = |a: &str, b: &str, relation: &str| json!({ "person_a": a, "person_b": b, "relation": relation });
    let before = server.get("/v1/relationships").body["relationships"].as_array().unwrap().len();
    let listed = put(&json!({ "relationships": [
        pair("F0090/MID1", "F0090/MID2", "fd"), { "person_a": "F0090/MID3", "person_b": "F0090/MID1" },
    ] }));
    assert_eq!((listed.status, listed.body["relationships"].as_array().unwrap().len()), (200, 2));
    // The same two the other way round are the same two.
    assert_eq!(
        put(&json!({ "relationships": [pair("F0090/MID1", "F0090/MID3", "fs")] })).status,
        200
    );
    let mut all = Vec::new();
    let mut next = Some(String::new());
    while let Some(cursor) = next {
        let page = server.get(&format!("/v1/relationships?limit=2{cursor}")).body;
        all.extend(page["relationships"].as_array().unwrap().iter().cloned());
        next = page["next"].as_str().map(|next| format!("&cursor={next}"));
    }
    assert_eq!(all.len(), before + 2);
    assert!(all.contains(&pair("F0090/MID1", "F0090/MID3", "fs")), "{all:?}");
    let route = "/v1/relationships?person_a=F0090/MID2&person_b=F0090/MID1";
    let receipt = server.delete(route).body;
    assert_eq!((&receipt["relationships"], &receipt["photos"]), (&json!(1), &json!(0)));
    assert_problem(&server.delete(route), 404, "not_found");
    for wrong in [
        json!({ "relationships": [pair("F0090/MID1", "F0090/MID1", "bb")] }),
        json!({ "relationships": [pair("F0090/MID1", "F0090/MID2", "cousin")] }),
        json!({ "relationships": [pair("Smith", "F0090/MID2", "bb")] }),
    ] {
        assert_problem(&put(&wrong), 422, "invalid_input");
    }
    assert_problem(&put(&json!({ "pairs": [] })), 400, "bad_request");
    let text =
        server.send(Method::PUT, "/v1/relationships", &[("content-type", "text/plain")], b"kin");
    assert_problem(&text, 415, "unsupported_media_type");
    assert_problem(&server.get("/v1/relationships?cursor=F0090"), 422, "invalid_input");
    assert_eq!(server.terminate(), 0);
}

#[test]
fn a_pair_that_is_listed_either_way_round_is_counted_once() {
    let (archive, server) = served();
    let json = ("content-type", "application/json");
    for (a, b) in [("F0090/MID1", "F0090/MID2"), ("F0090/MID2", "F0090/MID1")] {
        let body = json!({ "relationships": [{ "person_a": a, "person_b": b }] }).to_string();
        let put = server.send(Method::PUT, "/v1/relationships", &[json], body.as_bytes());
        assert_eq!(put.status, 200);
    }
    assert_eq!(server.terminate(), 0);
    // A gallery whose count is another than its records are does not open.
    assert!(!photo_ids(&archive.path("gallery")).is_empty());
}

#[test]
fn many_are_removed_at_once_with_a_result_for_each() {
    let (archive, server) = served();
    let post =
        |body: &Value| server.post("/v1/removals", "application/json", body.to_string().as_bytes());
    let photo = &archive.ids[0];
    let answer = post(&json!({ "ids": ["F0003", photo, "F0099", "F0002/MID1", "Smith", photo] }));
    assert_eq!(answer.status, 200, "{}", answer.body);
    let results = answer.body["results"].as_array().unwrap();
    let photos = |at: usize| &results[at]["receipt"]["photos"];
    assert_eq!([photos(0), photos(1), photos(3)], [&json!(12), &json!(1), &json!(4)]);
    let codes = [2, 4, 5].map(|at| results[at]["error"]["code"].as_str().unwrap());
    assert_eq!(codes, ["not_found", "invalid_input", "not_found"]);
    assert_eq!((&results[4]["id"], &results[4]["receipt"]), (&json!("Smith"), &Value::Null));
    assert_eq!(server.get("/readyz").body["photos"], 36 - 12 - 1 - 4);
    assert_problem(&post(&json!({ "ids": [] })), 422, "invalid_input");
    assert_problem(&post(&json!({ "ids": vec!["F0001"; 1001] })), 422, "invalid_input");
    assert_problem(&post(&json!("F0001")), 400, "bad_request");
}

#[test]
fn embeddings_are_told_in_the_order_of_the_photos_and_have_length_one() {
    let (archive, server) = served();
    let file =
        |at: usize| fs::read(archive.path("photos").join(format!("{}.png", archive.ids[at])));
    let (first, second) = (file(0).unwrap(), file(5).unwrap());
    let images = [("image", Some("a.png"), &first[..]), ("image", Some("b.png"), &second)];
    let told = server.post_form("/v1/embeddings", &images).body;
    assert_eq!(told["model"], server.get("/readyz").body["model"]);
    let photos = told["photos"].as_array().unwrap();
    let sha256 = |at: usize| {
        server.get(&format!("/v1/photos/{}", archive.ids[at])).body["sha256"]
            == photos[at / 5]["sha256"]
    };
    assert!(photos.len() == 2 && sha256(0) && sha256(5), "{told}");
    for photo in photos {
        let values = photo["embeddings"][0].as_array().unwrap();
        let norm: f64 = values.iter().map(|value| value.as_f64().unwrap().powi(2)).sum();
        assert!((norm - 1.0).abs() < 1e-4, "{norm}");
    }
    assert_problem(&server.post_form("/v1/embeddings", &[]), 400, "bad_request");
}

#[test]
fn a_client_learns_the_model_the_gallery_and_the_limits() {
    let (_archive, server) = served();
    let info = server.get("/info").body;
    assert_eq!((&info["name"], &info["gallery"]["photos"]), (&json!("kindred"), &json!(36)));
    assert_eq!(info["model"]["fingerprint"], server.get("/readyz").body["model"]);
    assert_eq!(info["model"]["has_ensemble"], json!(false));
    let most = info["limits"]["limit"].as_u64().unwrap();
    let beyond = server.get(&format!("/v1/families?limit={}", most + 1));
    assert_problem(&beyond, 422, "invalid_input");
}

#[test]
fn pages_of_other_places_are_refused() {
    let (_archive, server) = served();
    let own = format!("http://{}", server.address);
    let get = |headers: &[(&str, &str)]| server.send(Method::GET, "/v1/families", headers, &[]);
    assert_eq!(get(&[("origin", &own)]).status, 200);
    assert_problem(&get(&[("origin", "https://example.com")]), 403, "forbidden");
    assert_problem(&get(&[("origin", "null")]), 403, "forbidden");
    assert_problem(&get(&[("host", "example.com")]), 403, "forbidden");
}

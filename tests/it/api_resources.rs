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
        let people = found["matches"].as_array().unwrap().iter();
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
    let form = [("image", Some("a.png"), &photo[..]), ("family_ids", None, b"the Smiths")];
    assert_problem(&server.post_form("/v1/search", &form), 422, "invalid_input");
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

//! Searches a running service with a photo of `data/sample`.
//!
//! Start the service first, such as by `kindred demo`. `KINDRED_URL` names another address.
//! `cargo run --release --example http`

#![expect(clippy::print_stdout, reason = "an example prints what it finds")]

use std::error::Error;
use std::{env, fs};

use serde_json::Value;

const PROBE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/data/sample/F0001/MID1/P00001_face0.jpg");
const BOUNDARY: &str = "kindred-example";

fn main() -> Result<(), Box<dyn Error>> {
    let url = env::var("KINDRED_URL").unwrap_or_else(|_| "http://127.0.0.1:8080".into());
    let body = form(&[("image", &fs::read(PROBE)?), ("limit", b"5")]);
    let agent: ureq::Agent =
        ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let mut response = agent
        .post(format!("{url}/v1/search"))
        .header("content-type", format!("multipart/form-data; boundary={BOUNDARY}"))
        .send(&body[..])?;
    let answer: Value = serde_json::from_str(&response.body_mut().read_to_string()?)?;
    if !response.status().is_success() {
        return Err(answer["detail"].to_string().into());
    }
    for found in answer["matches"].as_array().into_iter().flatten() {
        let kinship = &found["kinship"];
        let mark = if kinship["is_kin"] == true { "*" } else { "" };
        println!("{} {} {mark}", found["person"], kinship["probability"]);
    }
    Ok(())
}

/// Returns a multipart form. The service takes every part named `image` as a photo.
fn form(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, content) in parts {
        let head =
            format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n");
        body.extend(head.bytes());
        body.extend_from_slice(content);
        body.extend(b"\r\n");
    }
    body.extend(format!("--{BOUNDARY}--\r\n").bytes());
    body
}

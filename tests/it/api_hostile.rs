//! What nobody should send, and some do: the service answers with a problem, and goes on.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, ImageEncoder, ImageFormat, RgbImage};

use crate::api::{assert_problem, served};
use crate::ingest::Archive;
use crate::support::program::{kindred, path};
use crate::support::server::{Response, Server};
use crate::support::{Random, families};

fn search(server: &Server, photo: &[u8]) -> Response {
    server.post_form("/v1/search", &[("image", Some("a"), photo)])
}

/// A PNG that says it is so large, and has nothing of that.
fn bomb(side: u32) -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
    bytes.extend([side.to_be_bytes(), side.to_be_bytes()].concat());
    bytes.extend([8, 2, 0, 0, 0]);
    bytes.extend(crc32fast::hash(&bytes[12..]).to_be_bytes());
    bytes.extend(b"\0\0\0\0IDAT\x35\xaf\x06\x1e");
    bytes
}

fn jpeg_with_exif(bytes: usize) -> Vec<u8> {
    let mut jpeg = Vec::new();
    let mut encoder = JpegEncoder::new(&mut jpeg);
    encoder.set_exif_metadata(vec![b'I'; bytes]).unwrap();
    encoder.encode_image(&RgbImage::new(64, 64)).unwrap();
    jpeg
}

/// A body, as it is, to an address; the first line of the answer, once one comes.
fn raw(server: &Server, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(&server.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    // A server that has heard enough may hang up.
    let _ = stream.write_all(request);
    let mut answer = [0; 1024];
    let length = stream.read(&mut answer).unwrap_or(0);
    String::from_utf8_lossy(&answer[..length]).lines().next().unwrap_or_default().to_owned()
}

fn head(server: &Server, kind: &str, length: usize) -> Vec<u8> {
    let address = &server.address;
    format!("POST /v1/search HTTP/1.1\r\nHost: {address}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\r\n").into()
}

const FORM: &str = "multipart/form-data; boundary=XX";

#[test]
fn hostile_pictures_are_problems_and_odd_ones_are_photos() {
    let (_archive, server) = served();
    let picture = families::photo(1, 1);
    let mut animated = families::encoded(&picture, ImageFormat::Gif);
    animated.truncate(animated.len() / 2);
    for hostile in [
        bomb(30_000),
        bomb(19_999),
        bomb(0),
        animated,
        vec![0; 1 << 20],
        jpeg_with_exif(10)[..40].to_vec(),
    ] {
        assert_problem(&search(&server, &hostile), 422, "invalid_input");
    }
    let as_png = |image: DynamicImage| {
        let mut bytes = std::io::Cursor::new(Vec::new());
        image.write_to(&mut bytes, ImageFormat::Png).unwrap();
        bytes.into_inner()
    };
    let deep = DynamicImage::ImageRgb16(DynamicImage::ImageRgb8(picture.clone()).into_rgb16());
    let grey = DynamicImage::ImageLumaA8(DynamicImage::ImageRgb8(picture).into_luma_alpha8());
    for odd in
        [as_png(deep), as_png(grey), as_png(RgbImage::new(1, 1).into()), jpeg_with_exif(65_000)]
    {
        let answer = search(&server, &odd);
        // A picture of one colour may have no embedding.
        assert!(matches!(answer.status, 200 | 422), "{}", answer.body);
    }
    assert_eq!(server.get("/healthz").status, 200);
}

#[test]
fn forms_that_are_none_are_refused() {
    let (_archive, server) = served();
    let part = b"--XX\r\nContent-Disposition: form-data; name=\"image\"; filename=\"a\"\r\n\r\n";
    let post = |kind: &str, body: &[u8]| server.post("/v1/search", kind, body);
    for (kind, body) in [
        (FORM, part.as_slice()),
        (FORM, b"--YY--\r\n"),
        (FORM, b""),
        ("multipart/form-data", part),
        ("multipart/form-data; boundary=", part),
        ("text/plain", b"hello"),
        ("image/jpeg", b"\xff\xd8"),
    ] {
        let answer = post(kind, body);
        assert!((400..500).contains(&answer.status), "{kind} {}", answer.body);
        assert_eq!(answer.content_type, "application/problem+json");
    }
    let many: Vec<(&str, Option<&str>, &[u8])> = vec![("image", Some("a"), b"x"); 10_000];
    assert_problem(&server.post_form("/v1/search", &many), 422, "invalid_input");
    let limits: Vec<(&str, Option<&str>, &[u8])> = vec![("limit", None, b"1"); 10_000];
    let answer = server.post_form("/v1/search", &limits);
    assert!((400..500).contains(&answer.status), "{}", answer.body);
}

#[test]
fn a_body_over_the_limit_is_refused_before_all_of_it_came() {
    let (_archive, server) = served();
    let mut request = head(&server, "application/json", 500 << 20);
    request.extend(b"{\"image\": [{\"base64\": \"");
    assert!(raw(&server, &request).contains("413"));
    let mut form = head(&server, FORM, 200 << 20);
    form.extend(b"--XX\r\nContent-Disposition: form-data; name=\"image\"; filename=\"a\"\r\n\r\n");
    form.resize(form.len() + (66 << 20), b'x');
    let status = raw(&server, &form);
    // It may hang up while the rest is sent.
    assert!(status.is_empty() || status.contains("413"), "{status}");
    assert_eq!(server.get("/healthz").status, 200);
}

#[test]
fn a_client_that_is_too_slow_is_not_waited_for() {
    let archive = Archive::new(2);
    archive.ingest();
    let gallery = archive.path("gallery");
    let place = ["serve", "--gallery", path(&gallery), "--listen", "127.0.0.1:0"];
    let server = Server::of(&mut kindred(&[&place[..], &["--request-seconds", "1"]].concat()));
    let started = Instant::now();
    let mut request = head(&server, FORM, 1000);
    request.extend(b"--XX\r\n");
    let answer = raw(&server, &request);
    assert!(answer.contains("503"), "{answer}");
    assert!(started.elapsed() < Duration::from_secs(10));
    assert_eq!(server.get("/healthz").status, 200);
}

#[test]
fn random_bodies_never_make_the_service_fail() {
    let (archive, server) = served();
    let photo = fs::read(archive.path(&format!("photos/{}.png", archive.ids[0]))).unwrap();
    let mut form =
        b"--XX\r\nContent-Disposition: form-data; name=\"image\"; filename=\"a\"\r\n\r\n".to_vec();
    form.extend_from_slice(&photo);
    form.extend(
        b"\r\n--XX\r\nContent-Disposition: form-data; name=\"limit\"\r\n\r\n3\r\n--XX--\r\n",
    );
    let json = format!(
        r#"{{"image": [{{"photo": "{}"}}], "limit": 3, "family_ids": ["F0001"], "explain": true}}"#,
        archive.ids[0]
    );
    let mut random = Random(11);
    let mut statuses = [0; 6];
    for round in 0..600 {
        let (kind, mut body) = if round % 2 == 0 {
            (FORM, form.clone())
        } else {
            ("application/json", json.clone().into_bytes())
        };
        for _ in 0..random.below(5) {
            let at = random.below(body.len() as u64) as usize;
            match random.below(3) {
                0 => body[at] ^= 1 << random.below(8),
                1 => body.truncate(at.max(1)),
                _ => body.insert(at, random.next() as u8),
            }
        }
        let route = ["/v1/search", "/v1/rerank", "/v1/embeddings"][round % 3];
        let answer = server.post(route, kind, &body);
        statuses[usize::from(answer.status / 100)] += 1;
        assert!(answer.status < 500, "round {round}: {}", answer.body);
    }
    assert!(statuses[2] > 10 && statuses[4] > 100, "{statuses:?}");
}

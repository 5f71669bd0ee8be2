//! What nobody should send, and some do: the service answers with a problem, and goes on.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use image::codecs::gif::GifEncoder;
use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, Frame, ImageEncoder, ImageFormat, RgbImage};
use kindred::network::architectures::vgg16;

use crate::api::{assert_problem, served};
use crate::ingest::Archive;
use crate::support::program::{ingest, kindred, path};
use crate::support::server::{Response, Server};
use crate::support::{Random, bundle, families};

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

/// A JPEG of four inks, as printers have them: 64 pixels wide and high, in blocks of one colour each.
fn cmyk_jpeg() -> Vec<u8> {
    let segment =
        |marker: u8, body: &[u8]| [&[0xff, marker, 0, body.len() as u8 + 2][..], body].concat();
    // The lengths of codes, then what they stand for: `0` is no change, `10` one of four bits; of the others all are zero.
    let code = |class: u8, lengths: [u8; 2], symbols: &[u8]| {
        segment(0xc4, &[&[class], &lengths[..], &[0; 14], symbols].concat())
    };
    let inks: Vec<u8> = (1..=4).flat_map(|ink| [ink, 0x11, 0]).collect();
    let scan: Vec<u8> = (1..=4).flat_map(|ink| [ink, 0]).collect();
    let mut jpeg = [
        vec![0xff, 0xd8],
        segment(0xee, b"Adobe\0\x64\0\0\0\0\0"),
        segment(0xdb, &[&[0][..], &[8; 64]].concat()),
        segment(0xc0, &[&[8, 0, 64, 0, 64, 4][..], &inks].concat()),
        code(0x00, [1, 1], &[0, 4]),
        code(0x10, [1, 0], &[0]),
        segment(0xda, &[&[4][..], &scan, &[0, 63, 0]].concat()),
    ]
    .concat();
    let mut random = Random(3);
    // Of each block cyan changes, by `10` and four bits; the other inks, and all waves, do not.
    let block = |change: u64| format!("10{:04b}0000000", change % 16);
    let bits: String = (0..64).map(|_| block(random.next())).collect();
    for byte in bits.as_bytes().chunks(8) {
        let byte = byte.iter().fold(0, |byte, bit| byte << 1 | (bit - b'0'));
        jpeg.extend(if byte == 0xff { vec![byte, 0] } else { vec![byte] });
    }
    [jpeg, vec![0xff, 0xd9]].concat()
}

fn animated_gif(frames: &[&RgbImage]) -> Vec<u8> {
    let mut gif = Vec::new();
    let frame =
        |&picture: &&RgbImage| Frame::new(DynamicImage::ImageRgb8(picture.clone()).into_rgba8());
    GifEncoder::new(&mut gif).encode_frames(frames.iter().map(frame)).unwrap();
    gif
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
fn of_an_animation_the_first_picture_counts_and_inks_are_colours() {
    let (_archive, server) = served();
    let embedding = |photo: &[u8]| {
        let answer = server.post_form("/v1/embeddings", &[("image", Some("a"), photo)]);
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.body["photos"][0]["embeddings"].clone()
    };
    let (first, second) = (families::photo(1, 1), families::photo(2, 1));
    let still = embedding(&animated_gif(&[&first]));
    assert_eq!(embedding(&animated_gif(&[&first, &second])), still);
    assert_ne!(embedding(&animated_gif(&[&second, &first])), still);
    assert!(!embedding(&cmyk_jpeg()).is_null());
}

#[test]
fn who_finds_the_queue_full_is_told_when_to_come_again() {
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| folder.path().join(name);
    // A network that takes its time.
    let slow =
        vgg16::Config { input_size: 64, channels: [32, 64, 128, 256, 256], ..bundle::network() };
    bundle::write_of(&place("bundle"), &slow, 1);
    families::write(&place("photos"), 1, 2, 1);
    assert_eq!(ingest(&place("photos"), &place("gallery"), &place("bundle")).code, 0);
    let server = Server::start(&place("gallery"));
    let photo = families::encoded(&families::photo(1, 1), ImageFormat::Png);
    let ask = || server.post_form("/v1/embeddings", &[("image", Some("a"), &photo)]);
    let answers: Vec<Response> = std::thread::scope(|scope| {
        let asked: Vec<_> = (0..200).map(|_| scope.spawn(ask)).collect();
        asked.into_iter().map(|asked| asked.join().unwrap()).collect()
    });
    let (answered, refused): (Vec<_>, Vec<_>) =
        answers.into_iter().partition(|answer| answer.status == 200);
    assert!(answered.len() >= 64 && !refused.is_empty(), "{} answered", answered.len());
    for answer in &refused {
        assert_problem(answer, 503, "overloaded");
        assert_eq!(answer.headers["retry-after"], "1");
    }
    assert_eq!(ask().status, 200);
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

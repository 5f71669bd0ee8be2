//! Requests, sent by oha.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use kindred::domain::Embedding;
use serde_json::{Value, json};

const FORM: &str = "multipart/form-data; boundary=XX";

/// How requests follow each other.
#[derive(Clone, Copy)]
pub enum Pace {
    /// So many at once for a while.
    Busy(usize),
    /// So many at once until there were so many in all.
    Count(usize, usize),
    /// So many a second for a while, whether answers come or not.
    Steady(f64),
}

/// How requests were answered.
pub struct Answers {
    pub per_second: f64,
    pub p50_ms: f64,
    pub p99_ms: f64,
}

pub struct Load {
    address: String,
    form: PathBuf,
    json: PathBuf,
}

impl Load {
    /// Asks the server at `address` with a photo's file, and with its embeddings.
    pub fn new(folder: &Path, address: &str, photo: &[u8], probe: &[Embedding]) -> Self {
        let (form, json) = (folder.join("form"), folder.join("json"));
        let head =
            b"--XX\r\nContent-Disposition: form-data; name=\"image\"; filename=\"a.jpg\"\r\n\r\n";
        fs::write(&form, [head.as_slice(), photo, b"\r\n--XX--\r\n"].concat()).unwrap();
        let values: Vec<&[f32]> = probe.iter().map(Embedding::as_slice).collect();
        fs::write(&json, json!({ "image": [{ "embeddings": values }] }).to_string()).unwrap();
        Self { address: address.to_owned(), form, json }
    }

    /// Searches by the photo.
    pub fn photos(&self, pace: Pace) -> Answers {
        self.ask("/v1/search", Some((FORM, &self.form)), pace)
    }

    /// Has the photo embedded.
    pub fn photos_embedded(&self, pace: Pace) -> Answers {
        self.ask("/v1/embeddings", Some((FORM, &self.form)), pace)
    }

    /// Searches by embeddings.
    pub fn embeddings(&self, pace: Pace) -> Answers {
        self.ask("/v1/search", Some(("application/json", &self.json)), pace)
    }

    pub fn health(&self, pace: Pace) -> Answers {
        self.ask("/healthz", None, pace)
    }

    fn ask(&self, route: &str, body: Option<(&str, &Path)>, pace: Pace) -> Answers {
        let oha = std::env::var("KINDRED_OHA").unwrap_or_else(|_| "oha".into());
        let mut command = Command::new(oha);
        command.args(["--no-tui", "--output-format", "json"]);
        let arguments: Vec<String> = match pace {
            Pace::Busy(at_once) => {
                vec!["-c".into(), at_once.to_string(), "-z".into(), "15s".into()]
            }
            Pace::Count(at_once, count) => {
                vec!["-c".into(), at_once.to_string(), "-n".into(), count.to_string()]
            }
            Pace::Steady(rate) => {
                let rate = (rate.round().max(1.0)).to_string();
                ["-c", "200", "-z", "30s", "--latency-correction", "-q", &rate]
                    .map(String::from)
                    .into()
            }
        };
        command.args(arguments);
        if let Some((kind, file)) = body {
            command.args(["-m", "POST", "-T", kind, "-D"]).arg(file);
        }
        let output = command.arg(format!("http://{}{route}", self.address)).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let told: Value = serde_json::from_slice(&output.stdout).unwrap();
        let statuses = told["statusCodeDistribution"].as_object().unwrap();
        assert!(statuses.keys().eq(["200"]), "{statuses:?}");
        let milliseconds = |name: &str| 1e3 * told["latencyPercentiles"][name].as_f64().unwrap();
        Answers {
            per_second: told["summary"]["requestsPerSec"].as_f64().unwrap(),
            p50_ms: milliseconds("p50"),
            p99_ms: milliseconds("p99"),
        }
    }
}

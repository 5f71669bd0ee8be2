//! A vector index in a Python process of its own, spoken to line by line.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use super::Index;

pub struct Peer {
    name: String,
    process: Child,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Peer {
    pub fn start(name: &str, folder: &Path, width: usize) -> Self {
        let python = std::env::var("KINDRED_PYTHON").unwrap_or_else(|_| "python3".into());
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/bench/search_peer.py");
        let threads = rayon::current_num_threads().to_string();
        let mut process = Command::new(python)
            .args([script, name, folder.to_str().unwrap(), &width.to_string(), &threads])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let requests = process.stdin.take().unwrap();
        let answers = BufReader::new(process.stdout.take().unwrap());
        let mut peer = Self { name: name.to_owned(), process, requests, answers };
        assert_eq!(peer.answer(), "ready");
        peer
    }

    fn ask(&mut self, request: &str) -> Vec<f64> {
        writeln!(self.requests, "{request}").unwrap();
        self.requests.flush().unwrap();
        self.answer().split(' ').map(|number| number.parse().unwrap()).collect()
    }

    fn answer(&mut self) -> String {
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }
}

impl Index for Peer {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn build(&mut self) -> f64 {
        self.ask("build")[0]
    }

    fn load(&mut self) -> [f64; 2] {
        let numbers = self.ask("load");
        [numbers[0], numbers[1]]
    }

    fn query(&mut self, ef: usize) -> [f64; 2] {
        let numbers = self.ask(&format!("query {ef}"));
        [numbers[0], numbers[1]]
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

//! A Python script in a process of its own, spoken to line by line.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

pub struct Python {
    process: Child,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Python {
    /// Starts a script beside the benchmarks, with the Python that `KINDRED_PYTHON` names, and waits until it says that it
    /// is ready.
    pub fn start(script: &str, arguments: &[&str]) -> Self {
        let python = std::env::var("KINDRED_PYTHON").unwrap_or_else(|_| "python3".into());
        let mut process = Command::new(python)
            .arg(format!("{}/tests/bench/{script}", env!("CARGO_MANIFEST_DIR")))
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let requests = process.stdin.take().unwrap();
        let answers = BufReader::new(process.stdout.take().unwrap());
        let mut python = Self { process, requests, answers };
        assert_eq!(python.answer(), "ready");
        python
    }

    /// What it answers to a line.
    pub fn ask(&mut self, request: &str) -> String {
        writeln!(self.requests, "{request}").unwrap();
        self.requests.flush().unwrap();
        self.answer()
    }

    fn answer(&mut self) -> String {
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }
}

impl Drop for Python {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

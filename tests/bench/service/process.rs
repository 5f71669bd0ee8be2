//! The server, in a process of its own.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

pub struct Server {
    process: Child,
    pub address: String,
}

impl Server {
    pub fn start(gallery: &Path) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kindred"));
        command.args(["serve", "--listen", "127.0.0.1:0", "--gallery"]).arg(gallery);
        // One line a request would be what is measured.
        command.env("RUST_LOG", "warn").stdout(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines().map(Result::unwrap);
        let line = lines.find(|line| line.contains("http://")).unwrap();
        std::thread::spawn(move || lines.for_each(drop));
        let address = line.split("http://").nth(1).unwrap().split(',').next().unwrap().to_owned();
        Self { process, address }
    }

    pub fn memory_mb(&self) -> f64 {
        let pages = fs::read_to_string(format!("/proc/{}/statm", self.process.id())).unwrap();
        4096.0 * pages.split(' ').nth(1).unwrap().parse::<f64>().unwrap() / 1e6
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It is of no use any more, however it ends.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

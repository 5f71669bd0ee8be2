//! A vector index from PyPI.

use std::path::Path;

use super::Index;
use super::python::Python;

pub struct Peer {
    name: String,
    python: Python,
}

impl Peer {
    pub fn start(name: &str, folder: &Path, width: usize) -> Self {
        let threads = rayon::current_num_threads().to_string();
        let arguments = [name, folder.to_str().unwrap(), &width.to_string(), &threads];
        Self { name: name.to_owned(), python: Python::start("search_peer.py", &arguments) }
    }

    fn ask(&mut self, request: &str) -> Vec<f64> {
        self.python.ask(request).split(' ').map(|number| number.parse().unwrap()).collect()
    }
}

impl Index for Peer {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn build(&mut self) -> f64 {
        self.ask("build")[0]
    }

    fn load(&mut self) -> [f64; 3] {
        let numbers = self.ask("load");
        [numbers[0], numbers[1], numbers[1]]
    }

    fn query(&mut self, ef: usize) -> [f64; 2] {
        let numbers = self.ask(&format!("query {ef}"));
        [numbers[0], numbers[1]]
    }
}

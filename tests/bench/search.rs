//! Queries a second at what recall, and how long building and opening take, beside hnswlib, faiss and usearch.
//!
//! ```sh
//! pip install hnswlib faiss-cpu usearch
//! RAYON_NUM_THREADS=2 KINDRED_PYTHON=python cargo bench --bench search -- 50000x512 10000x4096
//! ```
//!
//! Vectors are drawn: people in families, several photos each; a query is another photo of somebody. Graphs are built by two
//! threads, queries are asked by one, one after the other. Programs take turns, three times; printed are medians. `alone`
//! leaves the peers out, `half` keeps 16 bits of each of our values in memory. `growth` shows instead how all of it grows with the gallery, without peers.

#![expect(
    unreachable_pub,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark prints, and ends where something it needs is not there"
)]

#[path = "search/faces.rs"]
mod faces;
#[path = "search/gallery.rs"]
mod gallery;
#[path = "search/growth.rs"]
mod growth;
#[path = "measuring.rs"]
mod measuring;
#[path = "search/peer.rs"]
mod peer;
#[path = "python.rs"]
mod python;

use faces::Faces;
use gallery::Ours;
use kindred::gallery::VectorPrecision;
use measuring::median;
use peer::Peer;

const ROUNDS: usize = 3;
/// Nodes kept in view.
const EFS: [usize; 8] = [12, 16, 24, 32, 48, 64, 96, 160];

/// What answers queries.
trait Index {
    fn name(&self) -> String;
    /// Seconds.
    fn build(&mut self) -> f64;
    /// Seconds, bytes of memory, and bytes once every vector has been read.
    fn load(&mut self) -> [f64; 3];
    /// Recall of the ten nearest, and queries a second.
    fn query(&mut self, ef: usize) -> [f64; 2];
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with('-')).collect();
    if let [first, precision, path, ..] = arguments.as_slice()
        && first == "open"
    {
        return gallery::open(precision, path.as_ref());
    }
    let has = |word: &str| arguments.iter().any(|argument| argument == word);
    if has("growth") {
        return growth::show();
    }
    let precision = if has("half") { VectorPrecision::Half } else { VectorPrecision::Full };
    let sizes = arguments.iter().filter_map(|argument| {
        let (count, width) = argument.split_once('x')?;
        Some((count.parse().unwrap(), width.parse().unwrap()))
    });
    let mut sizes: Vec<(usize, usize)> = sizes.collect();
    if sizes.is_empty() {
        sizes.push((50_000, 512));
    }
    for (count, width) in sizes {
        bench(&Faces::draw(count, width), precision, has("alone"));
    }
}

fn bench(faces: &Faces, precision: VectorPrecision, is_alone: bool) {
    let folder = tempfile::tempdir().unwrap();
    let ours = Ours::new(folder.path(), faces, precision);
    faces.write(folder.path(), &ours.truth());
    let mut indices: Vec<Box<dyn Index>> = vec![Box::new(ours)];
    if !is_alone {
        for name in ["hnswlib", "faiss", "usearch"] {
            indices.push(Box::new(Peer::start(name, folder.path(), faces.width)));
        }
    }
    println!("\n{} × {}\n", faces.vectors.len(), faces.width);
    println!(
        "{:<10} {:>9} {:>9} {:>12} {:>9}",
        "", "build, s", "open, s", "bytes a face", "all read"
    );
    for index in &mut indices {
        let build = index.build();
        let loads: Vec<[f64; 3]> = (0..ROUNDS).map(|_| index.load()).collect();
        let open = median(loads.iter().map(|load| load[0]));
        let [opened, read] = [1, 2].map(|at| loads[0][at] / faces.vectors.len() as f64);
        println!("{:<10} {build:>9.2} {open:>9.3} {opened:>12.0} {read:>9.0}", index.name());
    }
    let mut rounds = Vec::new();
    for _ in 0..ROUNDS {
        let of_index = |index: &mut Box<dyn Index>| EFS.map(|ef| index.query(ef));
        rounds.push(indices.iter_mut().map(of_index).collect::<Vec<_>>());
    }
    println!("\n{:>4}  recall@10 and queries a second", "ef");
    println!("      {}", indices.iter().map(|i| format!("{:>16}", i.name())).collect::<String>());
    for (at, ef) in EFS.into_iter().enumerate() {
        print!("{ef:>4}  ");
        for index in 0..indices.len() {
            let of = |part: usize| median(rounds.iter().map(|round| round[index][at][part]));
            print!("   {:.4} {:>6.0}", of(0), of(1));
        }
        println!();
    }
}

//! How a gallery grows.

use kindred::gallery::VectorPrecision;

use super::faces::Faces;
use super::gallery::Ours;
use super::{Index, ROUNDS};
use crate::measuring::median;

const COUNTS: [usize; 3] = [10_000, 50_000, 200_000];
const WIDTH: usize = 512;
/// Nodes kept in view.
const EF: usize = 64;
/// Characters of the longest bar.
const BAR: f64 = 50.0;

/// What is measured of each size, with its unit.
const MEASURES: [&str; 7] =
    ["build, s", "open, s", "memory, MB", "all read, MB", "disk, MB", "query, µs", "recall@10"];

/// Measures galleries of several sizes, and prints a table and bars.
pub fn show() {
    let rows = COUNTS.map(measured);
    print!("{:>8}", "faces");
    MEASURES.iter().for_each(|name| print!(" {name:>12}"));
    println!();
    for (count, row) in COUNTS.iter().zip(&rows) {
        print!("{count:>8}");
        row.iter().for_each(|value| print!(" {value:>12.4}"));
        println!();
    }
    for (at, name) in MEASURES.iter().enumerate() {
        println!("\n{name}");
        let most = rows.iter().map(|row| row[at]).fold(0.0, f64::max);
        for (count, row) in COUNTS.iter().zip(&rows) {
            let length = (BAR * row[at] / most).round() as usize;
            println!("{count:>8} {} {:.3}", "█".repeat(length.max(1)), row[at]);
        }
    }
}

fn measured(count: usize) -> [f64; 7] {
    let (folder, faces) = (tempfile::tempdir().unwrap(), Faces::draw(count, WIDTH));
    let mut ours = Ours::new(folder.path(), &faces, VectorPrecision::Full);
    let build = ours.build();
    let loads: Vec<[f64; 3]> = (0..ROUNDS).map(|_| ours.load()).collect();
    let queries: Vec<[f64; 2]> = (0..ROUNDS).map(|_| ours.query(EF)).collect();
    let open = median(loads.iter().map(|load| load[0]));
    let per_second = median(queries.iter().map(|query| query[1]));
    let [opened, read] = [1, 2].map(|at| loads[0][at] / 1e6);
    [build, open, opened, read, ours.disk() as f64 / 1e6, 1e6 / per_second, queries[0][0]]
}

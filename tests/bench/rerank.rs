//! Milliseconds in which an ensemble of six heads judges a probe beside 200 candidates, on one core.
//!
//! ```sh
//! RAYON_NUM_THREADS=1 cargo bench --bench rerank
//! ```

#![expect(clippy::print_stdout, reason = "the figures are the benchmark's output")]
#![expect(clippy::unwrap_used, reason = "a benchmark ends where something is wrong")]

use std::time::Instant;

use kindred::kinship::{
    Calibration, Ensemble, EnsembleConfig, Head, MemberConfig, Rows, serialize_heads,
};
use kindred::train::{KinRows, KinSpace, Recipe};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

const CANDIDATES: usize = 200;
const RUNS: usize = 301;

/// Random embeddings.
fn rows(count: usize, width: usize, random: &mut ChaCha8Rng) -> Rows {
    let values: Vec<f32> = (0..count * width).map(|_| random.random_range(-1.0..1.0)).collect();
    Rows::new(values.chunks(width)).unwrap()
}

fn ensemble(width: usize, random: &mut ChaCha8Rng) -> Ensemble {
    // Kin who are alike in everything have as many axes as there may be.
    let first = rows(2000, width, random);
    let kin = KinRows { second: first.clone(), first, weights: vec![1.0; 2000] };
    let space = &KinSpace::fit(&kin, &[0.0]).unwrap()[0];
    let calibration = Calibration { slope: 1.0, intercept: 0.0 };
    let recipes = Recipe::NAMES[..6].iter().filter_map(|name| Recipe::named(name));
    let members: Vec<(MemberConfig, Head)> = recipes
        .map(|Recipe { name, head, .. }| {
            let weights = Head::initial(&head, space, 1).unwrap();
            let (name, backbone) = (name.to_owned(), "any".to_owned());
            (MemberConfig { name, backbone, weight: 1.0 / 6.0, calibration, head }, weights)
        })
        .collect();
    let heads = members.iter().map(|(member, head)| (member.name.as_str(), head));
    let weights = serialize_heads(heads).unwrap();
    let config = EnsembleConfig {
        calibration,
        kin_threshold: 0.5,
        false_accept_rate: 0.05,
        same_person_threshold: 0.5,
        open_set: None,
        members: members.into_iter().map(|(member, _)| member).collect(),
    };
    Ensemble::new(config, &[("any", width)], &weights).unwrap()
}

fn main() {
    for width in [128, 256, 512, 2048] {
        let mut random = ChaCha8Rng::seed_from_u64(1);
        let ensemble = ensemble(width, &mut random);
        let probe = [rows(1, width, &mut random)];
        let candidates = [rows(CANDIDATES, width, &mut random)];
        let mut milliseconds: Vec<f64> = (0..RUNS)
            .map(|_| {
                let started = Instant::now();
                assert_eq!(ensemble.score_pairs(&probe, &candidates).unwrap().len(), CANDIDATES);
                started.elapsed().as_secs_f64() * 1e3
            })
            .collect();
        milliseconds.sort_by(f64::total_cmp);
        println!(
            "{width:>5} values  {CANDIDATES} candidates  6 heads  {:.2} ms",
            milliseconds[RUNS / 2]
        );
    }
}

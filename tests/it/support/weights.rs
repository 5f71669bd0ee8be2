//! Random weights.

use kindred::network::NamedTensor;
use kindred::network::architectures::Architecture;
use kindred::network::graph::Parameter;

use super::random::Random;

/// Random weights of a network, scaled so that activations neither die nor grow; batch statistics as training leaves
/// them.
pub fn random_weights(architecture: &Architecture, seed: u64) -> Vec<NamedTensor> {
    let mut random = Random(seed);
    let network = architecture.network().unwrap();
    let tensor = |Parameter { name, shape }: &Parameter| {
        let fan_in: usize = shape[1..].iter().product();
        let (middle, width) =
            if is_positive(name) { (1.0, 0.3) } else { (0.0, (6.0 / fan_in as f32).sqrt()) };
        let values =
            (0..shape.iter().product()).map(|_| middle + width * random.signed()).collect();
        NamedTensor { name: name.clone(), shape: shape.clone(), values }
    };
    network.parameters().iter().map(tensor).collect()
}

/// Whether a weight scales what it meets: a variance or a factor of batch normalisation.
fn is_positive(name: &str) -> bool {
    ["var", "gamma", "_bn.weight", ".bn.weight"].iter().any(|end| name.ends_with(end))
}

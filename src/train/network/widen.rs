//! Conversion of a trained network to a wider one.
//!
//! An added channel is a copy of an existing one. Each reader of the two weighs each with a part of
//! the weight, so the wider network's output equals the narrow one's. Source: T. Chen, I.
//! Goodfellow, J. Shlens, "Net2Net: Accelerating Learning via Knowledge Transfer", 2016. The
//! parts differ a little, so that the copies are trained to different features.

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::student::normal;
use crate::network::NamedTensor;
use crate::network::graph::{Conv, Network, Op, ParameterId};

/// Standard deviation of the noise in the weights of copies, relative to 1.
const NOISE: f32 = 0.1;
/// Channels of the pixels.
const COLORS: usize = 3;

/// The channels of a layer of the wide network, as indices in the narrow one.
struct Channels(Vec<usize>);

impl Channels {
    /// Widens `from` channels to `count`: each one, then random copies. Returns `None` if `count`
    /// is smaller.
    fn widened(from: usize, count: usize, random: &mut ChaCha8Rng) -> Option<Self> {
        let more = count.checked_sub(from)?;
        let mut order: Vec<usize> = (0..from).collect();
        order.shuffle(random);
        Some(Self((0..from).chain(order.into_iter().cycle().take(more)).collect()))
    }

    /// Returns the number of copies of each channel of the wide network.
    fn copies(&self) -> Vec<usize> {
        self.0
            .iter()
            .map(|channel| self.0.iter().filter(|other| *other == channel).count())
            .collect()
    }

    /// Returns rows of `width` values, one for each channel.
    fn rows(&self, values: &[f32], width: usize) -> Vec<f32> {
        self.0.iter().flat_map(|row| &values[row * width..][..width]).copied().collect()
    }

    /// Expands rows with `width` values for each narrow channel to rows for the wide channels.
    fn columns(&self, rows: &[f32], width: usize, random: &mut ChaCha8Rng) -> Vec<f32> {
        let narrow = self.0.iter().max().map_or(0, |last| last + 1);
        let copies = self.copies();
        let mut wide = Vec::with_capacity(rows.len() / narrow.max(1) * self.0.len());
        for row in rows.chunks_exact(narrow * width) {
            for (channel, &copies) in self.0.iter().zip(&copies) {
                let values = &row[channel * width..][..width];
                if copies == 1 {
                    wide.extend(values);
                    continue;
                }
                for value in values {
                    wide.push(value / copies as f32 * (1.0 + NOISE * normal(random)));
                }
            }
        }
        wide
    }
}

/// A network during its conversion to a wider one.
struct Widening<'a> {
    wide: &'a Network,
    /// In the order of the networks' parameters.
    tensors: Vec<NamedTensor>,
    /// The channels that the next layer reads.
    channels: Channels,
    random: ChaCha8Rng,
}

/// Returns weights of the network `wide`, made by `seed` from those of a narrower one.
///
/// `tensors` are in the order of the narrow network's parameters. Both networks are chains of
/// layers. The first values of the embedding are retained. Returns `None` if the wide network is
/// not the narrow one with more channels.
pub(super) fn widened(
    narrow: &Network,
    tensors: Vec<NamedTensor>,
    wide: &Network,
    seed: u64,
) -> Option<Vec<NamedTensor>> {
    let has_same_depth = narrow.nodes().len() == wide.nodes().len();
    if !has_same_depth || narrow.input_size() != wide.input_size() {
        return None;
    }
    let channels = Channels((0..COLORS).collect());
    let random = ChaCha8Rng::seed_from_u64(seed);
    let mut widening = Widening { wide, tensors, channels, random };
    for node in wide.nodes() {
        match &node.op {
            Op::Conv(conv) => widening.conv(conv)?,
            Op::Linear { weight, bias } => widening.linear(*weight, *bias)?,
            _ => {}
        }
    }
    Some(widening.tensors)
}

impl Widening<'_> {
    fn conv(&mut self, conv: &Conv) -> Option<()> {
        let weight = &self.tensors[conv.weight.index()];
        let from = weight.shape[0];
        let to = self.wide_shape(conv.weight)[0];
        let taps = weight.shape[2..].iter().product();
        let mut rows = weight.values.clone();
        if conv.groups == 1 {
            rows = self.channels.columns(&rows, taps, &mut self.random);
            self.channels = Channels::widened(from, to, &mut self.random)?;
        }
        let rows = self.channels.rows(&rows, rows.len() / from);
        self.set(conv.weight, rows)?;
        let Some(bias) = conv.bias else { return Some(()) };
        let biases = self.channels.rows(&self.tensors[bias.index()].values, 1);
        self.set(bias, biases)
    }

    fn linear(&mut self, weight: ParameterId, bias: Option<ParameterId>) -> Option<()> {
        let rows = &self.tensors[weight.index()].values;
        let rows = self.channels.columns(rows, 1, &mut self.random);
        self.set(weight, rows)?;
        let Some(bias) = bias else { return Some(()) };
        let biases = self.tensors[bias.index()].values.clone();
        self.set(bias, biases)
    }

    fn wide_shape(&self, id: ParameterId) -> &[usize] {
        &self.wide.parameters()[id.index()].shape
    }

    /// Replaces a tensor by the first of `values`, as many as the wide network needs.
    fn set(&mut self, id: ParameterId, mut values: Vec<f32>) -> Option<()> {
        let shape = self.wide_shape(id).to_vec();
        let len = shape.iter().product();
        if values.len() < len {
            return None;
        }
        values.truncate(len);
        let tensor = &mut self.tensors[id.index()];
        tensor.values = values;
        tensor.shape = shape;
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::cpu::{CpuEngine, Instructions};
    use crate::network::NetworkError;
    use crate::network::architectures::vggface_lite::{Config, network, training_network};
    use crate::train::network::fold::random_student;

    const NARROW: Config =
        Config { input_size: 32, depths: [1, 2, 1, 1, 1], channels: [4, 5, 6, 7, 8], embedding: 9 };

    fn outputs(network: &Network, tensors: &[NamedTensor]) -> Vec<f32> {
        let read = |id: ParameterId| Ok::<_, NetworkError>(tensors[id.index()].values.clone());
        let pixels: Vec<f32> = (0..3072).map(|at| ((at * 37) % 23) as f32 / 11.0 - 1.0).collect();
        CpuEngine::new(network, Instructions::best(), read).unwrap().forward(1, &pixels).concat()
    }

    /// The outputs of a network, before and after it was widened.
    fn both(wide: &Config) -> Option<[Vec<f32>; 2]> {
        let narrow = network(&NARROW).unwrap();
        let learning = training_network(&NARROW).unwrap();
        let mut folded = random_student(&learning).folded(&learning);
        let place = |tensor: &NamedTensor| {
            narrow.parameters().iter().position(|parameter| parameter.name == tensor.name)
        };
        folded.sort_by_key(place);
        let wide = network(wide).unwrap();
        let expected = outputs(&narrow, &folded);
        let tensors = widened(&narrow, folded, &wide, 3)?;
        for (tensor, parameter) in tensors.iter().zip(wide.parameters()) {
            assert_eq!((&tensor.name, &tensor.shape), (&parameter.name, &parameter.shape));
        }
        Some([expected, outputs(&wide, &tensors)])
    }

    #[test]
    fn wider_network_has_nearly_the_same_output() {
        let wide = Config { channels: [4, 9, 6, 18, 10], embedding: 6, ..NARROW };
        let [expected, found] = both(&wide).unwrap();
        assert_eq!(found.len(), 6);
        let largest = expected.iter().fold(0.0_f32, |a, b| a.max(b.abs()));
        for (found, expected) in found.iter().zip(&expected) {
            assert!((found - expected).abs() < 0.1 * largest, "{found} {expected}");
        }
        assert_ne!(found, expected[..6], "copies are to learn different things");
    }

    #[test]
    fn network_of_the_same_size_has_the_same_output() {
        let [expected, found] = both(&NARROW).unwrap();
        assert_eq!(found, expected);
    }

    #[test]
    fn no_network_is_made_narrower_deeper_or_larger() {
        let others = [
            Config { channels: [4, 5, 5, 7, 8], ..NARROW },
            Config { depths: [1, 2, 2, 1, 1], ..NARROW },
            Config { input_size: 48, ..NARROW },
            Config { embedding: 10, ..NARROW },
        ];
        assert!(others.iter().all(|other| both(other).is_none()));
    }
}

//! The last stage of a network, and the trunk before it.

use super::network::{Network, Node};
use super::operation::{NodeId, Op, ParameterId};

impl Network {
    /// Returns the node at which the last stage begins: the stage reads only this node's result.
    ///
    /// The last stage contains the convolutions with the smallest maps of over one pixel, and all
    /// later operations. The cut lies before the first of these convolutions, at a node that all
    /// paths pass through. Candidates are the nearest such nodes with maps of one size. The
    /// narrowest of them is chosen, and the last if several are equally narrow, because its result
    /// is the smallest to store. So the last stage of `vgg16` is its fifth block with fc6 and fc7.
    /// That of `resnet50` is its fifth stage with its halving.
    ///
    /// Returns `None` if the network has no stage before the last one.
    pub fn last_stage(&self) -> Option<NodeId> {
        let smallest = self
            .nodes
            .iter()
            .filter(|node| is_spatial_convolution(node))
            .map(Node::pixels)
            .min()?;
        let first = self
            .nodes
            .iter()
            .position(|node| is_spatial_convolution(node) && node.pixels() == smallest)?;
        let bottlenecks: Vec<usize> = (1..first).filter(|&i| self.is_bottleneck(i)).collect();
        let pixels = self.nodes[*bottlenecks.last()?].pixels();
        bottlenecks
            .into_iter()
            .rev()
            .take_while(|&i| self.nodes[i].pixels() == pixels)
            .min_by_key(|&i| self.nodes[i].shape[0])
            .map(NodeId)
    }

    /// Whether all paths pass through node `i`: no later node reads an earlier one.
    fn is_bottleneck(&self, i: usize) -> bool {
        self.nodes[i + 1..].iter().flat_map(|node| &node.inputs).all(|input| input.0 >= i)
    }

    /// Splits the network at `cut`. The second part takes the result of `cut` as its input.
    ///
    /// All paths must pass through `cut`. Each part has only the weights that it needs.
    pub fn split(&self, cut: NodeId) -> (Self, Self) {
        let mut rest =
            vec![Node { op: Op::Input, inputs: Vec::new(), ..self.nodes[cut.0].clone() }];
        rest.extend(self.nodes[cut.0 + 1..].iter().map(|node| {
            let inputs = node.inputs.iter().map(|input| NodeId(input.0 - cut.0)).collect();
            Node { inputs, ..node.clone() }
        }));
        (self.subnetwork(self.nodes[..=cut.0].to_vec()), self.subnetwork(rest))
    }

    /// Returns a network of `nodes`, which refer to weights of this one.
    fn subnetwork(&self, mut nodes: Vec<Node>) -> Self {
        let mut parameters = Vec::new();
        for id in nodes.iter_mut().flat_map(|node| node.op.parameters_mut()) {
            parameters.push(self.parameters[id.0].clone());
            *id = ParameterId(parameters.len() - 1);
        }
        Self { nodes, parameters }
    }
}

/// Whether a node is a convolution with a map of over one pixel.
fn is_spatial_convolution(node: &Node) -> bool {
    matches!(node.op, Op::Conv(_)) && node.pixels() > 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::architectures::{
        inception_resnet, mobilefacenet, resnet, siamese, vgg16, vggface_lite,
    };
    use crate::network::error::NetworkError;

    /// Returns the last stage's input shape, first weight and number of weights.
    fn stage(network: Result<Network, NetworkError>) -> ([usize; 3], String, usize) {
        let network = network.unwrap();
        let cut = network.last_stage().unwrap();
        let (trunk, stage) = network.split(cut);
        assert_eq!(trunk.nodes().len() + stage.nodes().len(), network.nodes().len() + 1);
        let names = |network: &Network| {
            let names = network.parameters().iter().map(|parameter| parameter.name.clone());
            names.collect::<Vec<_>>()
        };
        let mut both = [names(&trunk), names(&stage)].concat();
        let mut all = names(&network);
        both.sort();
        all.sort();
        assert_eq!(both, all, "every weight is in one of the two");
        assert_eq!(stage.output_width(), network.output_width());
        (stage.nodes()[0].shape, names(&stage)[0].clone(), names(&stage).len())
    }

    #[test]
    fn the_last_stage_of_each_architecture_is_what_its_authors_call_so() {
        let read = |shape, first: &str, weights| (shape, first.to_owned(), weights);
        let vgg = vgg16::network(&vgg16::Config::default());
        assert_eq!(stage(vgg), read([512, 14, 14], "conv5_1.weight", 10));
        let pooled = vgg16::Config { output: vgg16::Output::Pooled, ..vgg16::Config::default() };
        assert_eq!(stage(vgg16::network(&pooled)), read([512, 14, 14], "conv5_1.weight", 6));
        let resnet = resnet::resnet50(&resnet::Config::default());
        assert_eq!(stage(resnet), read([1024, 14, 14], "conv5_1_1x1_proj.weight", 50));
        let senet = resnet::senet50(&resnet::Config::default());
        assert_eq!(stage(senet), read([1024, 14, 14], "conv5_1_1x1_proj.weight", 62));
        let inception = stage(inception_resnet::network(&inception_resnet::Config::default()));
        assert_eq!(inception.0, [896, 8, 8]);
        assert!(inception.1.starts_with("mixed_7a"), "{}", inception.1);
        let mobile = stage(mobilefacenet::network(&mobilefacenet::Config::default()));
        assert_eq!(mobile.0, [128, 14, 14]);
        assert_eq!(mobile.1, "dconv_45_conv_sep_conv2d_weight");
        let twin = siamese::network(&siamese::Config::default());
        assert_eq!(stage(twin), read([128, 9, 9], "conv4.weight", 4));
        let lite = vggface_lite::network(&vggface_lite::Config::default());
        assert_eq!(stage(lite), read([192, 7, 7], "conv5_1.weight", 8));
    }
}

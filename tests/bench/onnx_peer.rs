//! ONNX Runtime.

use std::fs;
use std::path::{Path, PathBuf};

use kindred::network::graph::{Network, Node, Op, ParameterId, Window};
use kindred::network::preprocessing::Preprocessing;
use serde_json::{Value, json};

use super::python::Python;

pub struct Peer {
    python: Python,
    folder: PathBuf,
}

impl Peer {
    /// Starts ONNX Runtime on a network whose weights are `weights.safetensors` in `folder`.
    pub fn start(folder: &Path, network: &Network, threads: usize) -> Self {
        let nodes: Vec<Value> =
            network.nodes().iter().map(|node| describe(network, node)).collect();
        let description = json!({ "input_size": network.input_size(), "nodes": nodes });
        fs::write(folder.join("network.json"), description.to_string()).unwrap();
        let arguments = [folder.to_str().unwrap(), &threads.to_string()];
        Self { python: Python::start("onnx_peer.py", &arguments), folder: folder.to_owned() }
    }

    /// The raw outputs for these faces, one after the other. They are what [`Self::time`] runs on from now on.
    pub fn embed(&mut self, faces: &[&[u8]], pixels: Preprocessing) -> Vec<f32> {
        fs::write(self.folder.join("faces"), faces.concat()).unwrap();
        assert_eq!(
            self.python.ask(&format!("embed {} {} {}", faces.len(), pixels.mean[0], pixels.scale)),
            "done"
        );
        let bytes = fs::read(self.folder.join("outputs")).unwrap();
        bytes.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect()
    }

    /// Milliseconds that a number of runs on the same faces took, from pixels to outputs.
    pub fn time(&mut self, repeats: usize) -> f64 {
        self.python.ask(&format!("time {repeats}")).parse().unwrap()
    }
}

/// An operation in words that the script knows.
fn describe(network: &Network, node: &Node) -> Value {
    let name = |id: ParameterId| network.parameters()[id.index()].name.clone();
    let window = |Window { kernel, stride, before, after }: Window| json!({ "kernel": kernel, "stride": stride, "pads": [before[0], before[1], after[0], after[1]] });
    let (op, more) = match &node.op {
        Op::Input => ("input", json!({})),
        Op::Conv(conv) => (
            "conv",
            json!({
                "weight": name(conv.weight), "bias": conv.bias.map(name), "groups": conv.groups,
                "window": window(conv.window),
            }),
        ),
        Op::BatchNorm(norm) => {
            let weights = [norm.gamma, norm.beta, norm.mean, norm.variance].map(name);
            ("batch_norm", json!({ "weights": weights, "epsilon": norm.epsilon }))
        }
        Op::Relu => ("relu", json!({})),
        Op::Prelu(slope) => ("prelu", json!({ "slope": name(*slope) })),
        Op::MaxPool(area) => ("max_pool", json!({ "window": window(*area) })),
        Op::GlobalAveragePool => ("average_pool", json!({})),
        Op::Linear { weight, bias } => {
            ("linear", json!({ "weight": name(*weight), "bias": bias.map(name) }))
        }
        Op::Sigmoid => ("sigmoid", json!({})),
        Op::Scale(factor) => ("scale", json!({ "factor": factor })),
        Op::Add => ("add", json!({})),
        Op::Gate => ("gate", json!({})),
        Op::Concat => ("concat", json!({})),
    };
    let inputs: Vec<usize> = node.inputs.iter().map(|id| id.index()).collect();
    json!({ "op": op, "inputs": inputs, "with": more })
}

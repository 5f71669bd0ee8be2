"""Writes a network as an ONNX file and times it in ONNX Runtime, for the benchmark `backbone`.

usage: onnx_peer.py FOLDER THREADS

FOLDER has network.json (the operations) and weights.safetensors. Requests come line by line:
`embed N MEAN SCALE` runs N faces from the file `faces` and writes the file `outputs`; `time REPEATS` answers
how many milliseconds that many runs on the same faces take.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import load_file


class Writer:
    """Appends ONNX nodes; value `n` of the network is called `v{n}`."""

    def __init__(self, weights):
        self.weights, self.nodes, self.tensors = weights, [], {}

    def tensor(self, name, values=None):
        self.tensors[name] = self.weights[name] if values is None else np.asarray(values, np.float32)
        return name

    def add(self, op, inputs, output, **attributes):
        self.nodes.append(helper.make_node(op, inputs, [output], **attributes))

    def write(self, at, node):
        op, more, output = node["op"], node["with"], f"v{at}"
        inputs = [f"v{i}" for i in node["inputs"]]
        if op == "conv":
            window = self.window(more["window"])
            inputs += [self.tensor(name) for name in (more["weight"], more["bias"]) if name]
            self.add("Conv", inputs, output, group=more["groups"], **window)
        elif op == "batch_norm":
            inputs += [self.tensor(name) for name in more["weights"]]
            self.add("BatchNormalization", inputs, output, epsilon=more["epsilon"])
        elif op == "prelu":
            slope = self.weights[more["slope"]].reshape(-1, 1, 1)
            self.add("PRelu", inputs + [self.tensor(more["slope"], slope)], output)
        elif op == "max_pool":
            self.add("MaxPool", inputs, output, **self.window(more["window"]))
        elif op == "linear":
            self.add("Flatten", inputs, output + "_flat")
            names = [self.tensor(name) for name in (more["weight"], more["bias"]) if name]
            self.add("Gemm", [output + "_flat"] + names, output, transB=1)
        elif op == "scale":
            self.add("Mul", inputs + [self.tensor(output + "_factor", more["factor"])], output)
        elif op == "gate":
            shape = helper.make_tensor(output + "_shape", TensorProto.INT64, [4], [0, -1, 1, 1])
            self.add("Constant", [], output + "_shape", value=shape)
            self.add("Reshape", [inputs[1], output + "_shape"], output + "_gates")
            self.add("Mul", [inputs[0], output + "_gates"], output)
        elif op == "concat":
            self.add("Concat", inputs, output, axis=1)
        elif op != "input":
            names = {"relu": "Relu", "sigmoid": "Sigmoid", "add": "Add", "average_pool": "GlobalAveragePool"}
            self.add(names[op], inputs, output)

    @staticmethod
    def window(window):
        stride = [window["stride"]] * 2
        return {"kernel_shape": window["kernel"], "strides": stride, "pads": window["pads"]}


def write_onnx(folder):
    network = json.loads((folder / "network.json").read_text())
    writer = Writer(load_file(folder / "weights.safetensors"))
    for at, node in enumerate(network["nodes"]):
        writer.write(at, node)
    size, last = network["input_size"], len(network["nodes"]) - 1
    graph = helper.make_graph(
        writer.nodes,
        "network",
        [helper.make_tensor_value_info("v0", TensorProto.FLOAT, ["n", 3, size, size])],
        [helper.make_tensor_value_info(f"v{last}", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(values, name) for name, values in writer.tensors.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    onnx.save(model, folder / "network.onnx")
    return size


def main():
    folder, threads = Path(sys.argv[1]), int(sys.argv[2])
    size = write_onnx(folder)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(
        folder / "network.onnx", options, providers=["CPUExecutionProvider"]
    )
    print("ready", flush=True)
    faces = None
    for request in sys.stdin:
        kind, *arguments = request.split()
        if kind == "embed":
            count, mean, scale = int(arguments[0]), *map(float, arguments[1:])
            raw = np.fromfile(folder / "faces", np.uint8).reshape(count, size, size, 3)
            faces = ((raw.astype(np.float32) - mean) * scale).transpose(0, 3, 1, 2).copy()
            outputs = session.run(None, {"v0": faces})[0]
            outputs.reshape(count, -1).astype("<f4").tofile(folder / "outputs")
            print("done", flush=True)
        else:
            started = time.perf_counter()
            for _ in range(int(arguments[0])):
                session.run(None, {"v0": faces})
            print((time.perf_counter() - started) * 1e3, flush=True)


main()

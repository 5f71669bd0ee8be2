"""Files of weights as people have them, with the embeddings that the original frameworks compute from them.

    python3 -m venv venv && venv/bin/pip install numpy h5py safetensors torch tensorflow tf_keras
    venv/bin/python tests/reference/architectures.py tests/fixtures/architectures          # narrow networks
    venv/bin/python tests/reference/architectures.py --full DIR                            # as wide as published

Written with numpy 2.4, torch 2.15, tensorflow and tf_keras 2.21, h5py 3.14. All weights are random, batch statistics included.
Each case is a file in the published format and, in cases.json, its architecture, the input's size and the output for
two faces of a formula that the tests know too. PyTorch and TensorFlow do not live in one process, so each runs in one
of its own.
"""

import json
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np

VGG1 = np.array([129.186279296875, 104.76238250732422, 93.59396362304688], np.float32)
VGG1_KERAS = np.array([129.1863, 104.7624, 93.5940], np.float32)
VGG2 = np.array([131.0912, 103.8827, 91.4953], np.float32)


def faces(size):
    """Two faces, (2, size, size, 3), red, green, blue."""
    y, x, c = np.meshgrid(np.arange(size), np.arange(size), np.arange(3), indexing="ij")
    face = lambda f: (x * (3 + c + f) + y * (5 + 2 * c) + x * y // (7 + f) + 40 * f) % 256
    return np.stack([face(0), face(1)]).astype(np.float32)


def torch_cases(folder, full):
    import torch
    import torch_networks as networks
    from safetensors.torch import save_file

    torch.set_grad_enabled(False)
    classes = 2622 if full else 5

    def run(network, pixels):
        return network(torch.from_numpy(np.ascontiguousarray(pixels.transpose(0, 3, 1, 2)))).numpy()

    def save(state, name, legacy=False):
        torch.save(state, folder / name, _use_new_zipfile_serialization=not legacy)

    size = 224 if full else 64
    channels, hidden = ((64, 128, 256, 512, 512), 4096) if full else ((4, 4, 6, 8, 8), 12)
    vgg = networks.randomise(networks.Vgg16(channels, hidden, size, classes), 1)
    save(vgg.state_dict(), "vgg16_dag.pth", legacy=True)
    yield "vgg16_dag.pth", "vgg16", size, run(vgg, faces(size) - VGG1)
    del vgg

    size, classes = 224, 8631 if full else 5
    for name, gated, projection, seed in [
        ("resnet50_oxford.pth", False, None, 2),
        ("resnet50_cydonia.pkl", False, None, 3),
        ("senet50_oxford_256.pth", True, 256 if full else 6, 4),
        ("senet50_cydonia.pkl", True, None, 5),
    ]:
        if name == "senet50_cydonia.pkl" and not full:
            continue
        width = 64 if full else (4 if gated else 2)
        net = networks.randomise(networks.Resnet(width, gated, classes, projection), seed)
        state, pixels = net.state_dict(), faces(size) - VGG2
        if "cydonia" in name:
            arrays = {key: value.numpy() for key, value in state.items()}
            (folder / name).write_bytes(pickle.dumps(arrays, protocol=2))
        else:
            save(networks.oxford_names(state), name, legacy=bool(projection))
        architecture = "senet50" if gated else "resnet50"
        # VGGFace2-pytorch was converted from Caffe and takes blue, green, red.
        pixels = pixels[..., ::-1] if "cydonia" in name else pixels
        yield name, architecture, size, run(net, pixels)

    net = networks.randomise(networks.InceptionResnetV1(32 if full else 2, 512 if full else 10, classes), 6)
    save(net.state_dict(), "inception_facenet.pt")
    yield "inception_facenet.pt", "inception_resnet_v1", 160, run(net, (faces(160) - 127.5) / 128)

    channels, embedding = ((64, 128, 128, 256), 4096) if full else ((4, 5, 6, 7), 10)
    net = networks.randomise(networks.Siamese(channels, embedding, 6), 7)
    save_file(net.state_dict(), folder / "siamese.safetensors")
    yield "siamese.safetensors", "siamese", 105, run(net, (faces(105) - 127.5) / 128)


def keras_cases(folder, full):
    import keras_networks as networks

    def run(model, pixels):
        return model.predict(np.ascontiguousarray(pixels), verbose=0)

    size = 224 if full else 64
    channels, hidden = ((64, 128, 256, 512, 512), 4096) if full else ((4, 4, 6, 8, 8), 12)
    classes = 2622 if full else 5
    for name, build, pixels in [
        ("vgg16_keras.h5", lambda: networks.vgg16(channels, hidden, size, classes), faces(size)[..., ::-1] - VGG1_KERAS[::-1]),
        ("vgg16_keras_notop.h5", lambda: networks.vgg16(channels, 0, 224, 0, top=False), faces(224)[..., ::-1] - VGG1_KERAS[::-1]),
        ("vgg16_deepface.h5", lambda: networks.deepface(channels, hidden, size, classes), faces(size)[..., ::-1] / 255),
    ]:
        whole, embedding = build()
        networks.randomise(whole, len(name))
        whole.save_weights(folder / name)
        yield name, "vgg16", pixels.shape[1], run(embedding, pixels)
        del whole, embedding

    classes = 8631 if full else 5
    for name, gated in [("resnet50_keras.h5", False), ("senet50_keras.h5", True)]:
        width = 64 if full else (4 if gated else 2)
        whole, embedding = networks.resnet(width, gated, 224, classes)
        networks.randomise(whole, len(name))
        whole.save_weights(folder / name)
        if gated:
            newest_hdf5(folder / name)
        pixels = faces(224)[..., ::-1] - VGG2[::-1]
        yield name, "senet50" if gated else "resnet50", 224, run(embedding, pixels)


def newest_hdf5(path):
    """Writes the file anew as today's h5py does: another superblock, strings of any length."""
    import h5py

    old = path.with_suffix(".old")
    path.rename(old)
    with h5py.File(old) as source, h5py.File(path, "w", libver="latest") as target:
        for name in source:
            source.copy(name, target)
        target.attrs["layer_names"] = [str(name) for name in source.attrs["layer_names"].astype(str)]
    old.unlink()


def main():
    full, folder = "--full" in sys.argv, Path(sys.argv[-1])
    framework = next((word for word in sys.argv if word in ("torch", "keras")), None)
    if framework is None:
        folder.mkdir(parents=True, exist_ok=True)
        cases = []
        for framework in ("torch", "keras"):
            output = subprocess.run([sys.executable, *sys.argv[:-1], framework, folder], stdout=subprocess.PIPE, check=True)
            cases += json.loads(output.stdout.splitlines()[-1])
        text = ",\n".join(json.dumps(case) for case in cases)
        (folder / "cases.json").write_text(f"[\n{text}\n]\n")
        return
    cases = []
    for name, architecture, size, outputs in (torch_cases if framework == "torch" else keras_cases)(folder, full):
        rows = [[float(np.format_float_scientific(v, 8)) for v in row] for row in outputs.reshape(2, -1)]
        cases.append({"file": name, "architecture": architecture, "size": size, "outputs": rows})
        print(name, outputs.reshape(2, -1).shape, float(np.abs(outputs).max()), file=sys.stderr)
    print(json.dumps(cases))


main()

"""Writes the same tensors in every format that `kindred models import` reads, and files that try to exhaust a reader.

    python tests/reference/formats.py tests/fixtures/formats

Needs numpy, torch and h5py. The tensors, for `tests/it/formats.rs`: `w` (2, 3) is -2.5, -1.5 … 2.5; `t` (4, 3) is 0 to
11 column by column; `h` (2) is 0.5, -0.25. A tensor of whole numbers, `n`, is beside them and is not read.
"""

import collections
import pickle
import sys
from pathlib import Path

import h5py
import numpy as np
import torch

W = (np.arange(6) - 2.5).astype("<f4").reshape(2, 3)
T = np.arange(12).astype("<f4").reshape(3, 4).T
H = np.array([0.5, -0.25], "<f4")


def torch_files(folder):
    tensors = collections.OrderedDict(
        w=torch.from_numpy(W).double(), t=torch.from_numpy(T), h=torch.from_numpy(H).half(), n=torch.tensor([7])
    )
    assert not tensors["t"].is_contiguous()

    def save(data, name, legacy):
        torch.save(data, folder / name, _use_new_zipfile_serialization=not legacy)

    for kind, legacy in [("zip", False), ("legacy", True)]:
        save(tensors, f"{kind}.pth", legacy)
        # A training checkpoint of DataParallel, whose optimizer has tensors of its own.
        wrapped = {f"module.{name}": torch.nn.Parameter(t) if t.is_floating_point() else t for name, t in tensors.items()}
        save({"epoch": 3, "loss": 0.5, "optimizer": {"m": torch.ones(5)}, "state_dict": wrapped}, f"{kind}-training.pth", legacy)
        shared = torch.zeros(64)
        save({f"w{at}": shared for at in range(200)}, f"{kind}-bomb.pth", legacy)

    class Old:
        """A tensor as PyTorch 0.3 pickled it."""

        def __init__(self, tensor):
            self.tensor = tensor

        def __reduce__(self):
            t = self.tensor
            return torch._utils._rebuild_tensor, (t.storage(), t.storage_offset(), tuple(t.size()), t.stride())

    save(collections.OrderedDict((name, Old(t)) for name, t in tensors.items()), "legacy-0.3.pth", True)


def numpy_files(folder):
    arrays = {"w": W.astype("f8"), "t": T, "h": H.astype("f2"), "n": np.array([7])}
    for protocol in range(6):
        (folder / f"protocol{protocol}.pkl").write_bytes(pickle.dumps(arrays, protocol))
    swapped = {name: array.astype(array.dtype.newbyteorder(">")) for name, array in arrays.items()}
    (folder / "big-endian.pkl").write_bytes(pickle.dumps(swapped, 2))
    (folder / "python2.pkl").write_bytes(python2(arrays))
    shared = np.zeros(64, np.float32)
    (folder / "bomb.pkl").write_bytes(pickle.dumps({f"w{at}": shared for at in range(200)}, 2))


def python2(arrays):
    """The text that Python 2 pickles by default: strings as its repr prints them."""

    def array(a):
        order = "I01" if a.flags.fnc and a.ndim > 1 else "I00"
        data = repr(a.tobytes("A"))[1:]
        shape = "".join(f"I{side}\n" for side in a.shape)
        kind = a.dtype.str[1:]
        return (
            "cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I0\ntS'b'\ntR(I1\n(" + shape
            + f"tcnumpy\ndtype\n(S'{kind}'\nI0\nI1\ntR(I3\nS'<'\nNNNI-1\nI-1\nI0\ntb{order}\nS{data}\ntb"
        )

    entries = "".join(f"S'{name}'\np{at + 1}\n{array(a)}s" for at, (name, a) in enumerate(arrays.items()))
    return f"(dp0\n{entries}.".encode("ascii")


def keras_files(folder):
    for libver in ("earliest", "latest"):
        for strings in ("fixed", "variable"):
            texts = (lambda names: np.array(names, "S")) if strings == "fixed" else (lambda names: [str(n) for n in names])
            with h5py.File(folder / f"{libver}-{strings}.h5", "w", libver=libver) as file:
                # A whole model has its weights in a group of their own.
                keras_layers(file if strings == "fixed" else file.create_group("model_weights"), texts)
    with h5py.File(folder / "bomb.h5", "w") as file:
        file.attrs["layer_names"] = np.array(["l"] * 100, "S")
        group = file.create_group("l")
        group.attrs["weight_names"] = np.array(["w"], "S")
        group["w"] = np.zeros(512, np.float32)


def keras_layers(root, texts):
    root.attrs["layer_names"] = texts(["a/b", "empty", "c"])
    weights = {"a/b": {"w": W.astype("f8"), "t": T}, "empty": {}, "c": {"h": H.astype("f2"), "n": np.array([7])}}
    for layer, arrays in weights.items():
        group = root.create_group(layer)
        group.attrs["weight_names"] = texts([f"{layer}/{name}" for name in arrays]) if arrays else []
        for name, array in arrays.items():
            group[f"{layer}/{name}"] = array


def main():
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    torch_files(folder)
    numpy_files(folder)
    keras_files(folder)


main()

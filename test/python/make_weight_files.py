"""Writes the small files of test/data/weights with PyTorch, NumPy and (where it is installed) safetensors.

    python3 test/python/make_weight_files.py test/data/weights

Made with PyTorch 1.13, NumPy 1.24 and safetensors 0.8.0. expected.json says what is in each file, read back by the
library that wrote it.
"""

import collections
import json
import pathlib
import sys

import numpy as np
import torch

out = pathlib.Path(sys.argv[1])
rng = np.random.default_rng(4)


def numbers(*shape):
    return rng.standard_normal(shape).astype("float32")


def describe(arrays):
    return {
        name: {"shape": list(a.shape), "numbers": [float(x) for x in np.asarray(a, dtype="float64").ravel(order="C")]}
        for name, a in arrays.items()
    }


expected = {}

# NumPy: every element type that has numbers, both orders, no and many axes.
values = np.array([[0, 1, 2], [3, 100, 7]])
arrays = {
    "f2": numbers(2, 3).astype("<f2"),
    "f4": numbers(2, 3),
    "f8": numbers(2, 3).astype("<f8") / 3,
    "b1": values > 2,
    "fortran": np.asfortranarray(numbers(2, 3, 4)),
    "scalar": np.array(0.25, "float32"),
    "vector": numbers(5),
    "empty": np.zeros((0, 3), "float32"),
    **{kind: values.astype("<" + kind) for kind in ["i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8"]},
}
arrays["i4"] = -arrays["i4"]
np.savez(out / "arrays.npz", **arrays)
np.savez_compressed(out / "compressed.npz", **arrays)
expected["arrays.npz"] = expected["compressed.npz"] = describe(arrays)
np.save(out / "fortran.npy", arrays["fortran"])
expected["fortran.npy"] = describe({"fortran": arrays["fortran"]})
np.save(out / "big-endian.npy", numbers(3).astype(">f4"))
np.save(out / "objects.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)


# PyTorch: a module's state dict, parameters among it, views that share a storage, another memory order.
def state():
    torch.manual_seed(4)
    module = torch.nn.Sequential(torch.nn.Conv2d(2, 3, 2), torch.nn.BatchNorm2d(3))
    result = collections.OrderedDict(module.state_dict())
    result["parameter"] = torch.nn.Parameter(torch.randn(2))
    result["half"] = torch.randn(3).half()
    result["bfloat"] = torch.randn(3).bfloat16()
    result["double"] = torch.randn(3).double() / 3
    result["transposed"] = torch.randn(3, 2).t()
    result["channels_last"] = torch.randn(1, 2, 3, 2).to(memory_format=torch.channels_last)
    whole = torch.randn(6)
    result["head"], result["tail"] = whole[:2], whole[2:]
    result["every_other"] = whole[::2]
    return result


def to_numpy(tensors):
    return {name: x.detach().double().contiguous().numpy() for name, x in tensors.items()}


tensors = state()
torch.save(tensors, out / "state.pt")
torch.save({"epoch": 3, "state_dict": tensors, "args": {"lr": 0.1}}, out / "checkpoint.pth")
torch.save(torch.nn.Linear(2, 2), out / "module.pt")
torch.save({"epoch": 3, "loss": 0.5}, out / "no-tensors.pt")
torch.save({"x": torch.randn(1).expand(1000)}, out / "repeated.pt")
torch.save({"w": torch.randn(2)}, out / "legacy.pt", _use_new_zipfile_serialization=False)
trained, averaged = {"w": torch.tensor([1.0, 2.0])}, {"w": torch.tensor([3.0, 4.0])}
torch.save({"epoch": 3, "state_dict": trained, "state_dict_ema": averaged}, out / "averaged.pt")
torch.save({"model": trained, "model_ema": {"module": averaged, "decay": 0.9}}, out / "averaged-inside.pt")
torch.save({"model": trained, "ema": {"ema_model": averaged, "decay": 0.9}}, out / "averaged-wrapped.pt")
expected["state.pt"] = expected["checkpoint.pth"] = describe(to_numpy(tensors))

try:
    from safetensors import numpy as safetensors_numpy
    from safetensors import torch as safetensors_torch
except ImportError:
    safetensors_numpy = None
if safetensors_numpy:
    # Every element type that NumPy has, and names whose order in UTF-8 is not that in UTF-16.
    mixed = {name: a for name, a in arrays.items() if name != "fortran"}
    mixed |= {"\U0001f600": numbers(1), "\ufb01": numbers(1), 'a "quoted"\n name\x7f\x01': numbers(1), "": numbers(1)}
    safetensors_numpy.save_file(mixed, out / "mixed.safetensors", metadata={"format": "np"})
    expected["mixed.safetensors"] = describe(mixed)

(out / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")

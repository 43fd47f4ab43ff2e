"""Gates as ONNX Runtime's quantize_static writes them (QDQ), and what they compute, by numpy.

python3 quantized_gates.py make FOLDER       writes NAME-HOW.onnx for each gate and each way, and gates.json
python3 quantized_gates.py check FILE SWAPPED   how far the new ECA gate of SWAPPED is from the equation, as JSON

As there, activations are uint8 whose range has 0 (or int8 around 0), weights int8 with one scale or one for each output, biases int32
with the scale of both; a Relu behind a layer goes where the first step is 0; a tensor has one DequantizeLinear, or one for each
reader.
"""

import json
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

CHANNELS, HIDDEN, SIZES = 8, 4, (2, 3, 6, 6)
LAYERS = ("Conv", "Gemm", "MatMul", "Add")
FLOAT = ("HardSigmoid",)
node = helper.make_node


def convolved(x, w, bias, attributes):
    axes = w.ndim - 2
    pads = attributes.get("pads", [0] * 2 * axes)
    padded = np.pad(x, [(0, 0), (0, 0)] + [(pads[i], pads[i + axes]) for i in range(axes)])
    sizes = [padded.shape[2 + i] - w.shape[2 + i] + 1 for i in range(axes)]
    y = np.zeros((x.shape[0], w.shape[0], *sizes))
    for tap in np.ndindex(*w.shape[2:]):
        part = padded[(slice(None), slice(None)) + tuple(slice(t, t + n) for t, n in zip(tap, sizes))]
        y += np.einsum("ni...,oi->no...", part, w[(slice(None), slice(None)) + tap])
    return y if bias is None else y + bias.reshape(1, -1, *[1] * axes)


def steps(a, scale, zero, attributes):
    shape = [1] * a.ndim
    if np.size(scale) > 1:
        shape[attributes.get("axis", 1)] = -1
        return scale.reshape(shape), zero.reshape(shape).astype(np.float64)
    return scale, zero.astype(np.float64)


def quantized(x, scale, zero, attributes):
    limits = np.iinfo(zero.dtype)
    scales, zeros = steps(x, scale, zero, attributes)
    return np.clip(np.round(x / scales) + zeros, limits.min, limits.max).astype(zero.dtype)


def dequantized(x, scale, zero, attributes):
    scales, zeros = steps(x, scale, zero, attributes)
    return ((x - zeros) * scales).astype(np.float32)


COMPUTE = {
    "Conv": lambda a, x, w, b=None: convolved(x, w, b, a),
    "Gemm": lambda a, x, w, b=0: x @ (w.T if a.get("transB") else w) + b,
    "MatMul": lambda a, x, w: x @ w,
    "GlobalAveragePool": lambda a, x: x.mean(axis=tuple(range(2, x.ndim)), keepdims=True),
    "ReduceMean": lambda a, x: x.mean(axis=tuple(a["axes"]), keepdims=bool(a.get("keepdims", 1))),
    "Relu": lambda a, x: np.maximum(x, 0),
    "Sigmoid": lambda a, x: 1 / (1 + np.exp(-x.astype(np.float64))),
    "HardSigmoid": lambda a, x: np.clip(a.get("alpha", 0.2) * x + a.get("beta", 0.5), 0, 1),
    "Mul": lambda a, x, y: x * y,
    "Add": lambda a, x, y: x + y,
    "Reshape": lambda a, x, shape: x.reshape([x.shape[i] if size == 0 else size for i, size in enumerate(shape)]),
    "Unsqueeze": lambda a, x, axes: np.expand_dims(x, tuple(axes)),
    "QuantizeLinear": lambda a, x, s, z: quantized(x, s, z, a),
    "DequantizeLinear": lambda a, x, s, z: dequantized(x, s, z, a),
}


def evaluated(nodes, values):
    """All values of some nodes in order, from those that are given."""
    values = dict(values)
    for each in nodes:
        attributes = {a.name: helper.get_attribute_value(a) for a in each.attribute}
        y = COMPUTE[each.op_type](attributes, *[values[name] for name in each.input])
        values[each.output[0]] = y if y.dtype in (np.int8, np.uint8) else y.astype(np.float32)
    return values


def constants_of(model):
    return {each.name: numpy_helper.to_array(each) for each in model.graph.initializer}


class Quantizer:
    """Adds a QuantizeLinear and DequantizeLinear to what nodes read."""

    def __init__(self, constants, numbers, options):
        self.constants, self.numbers = dict(constants), numbers
        self.symmetric, self.per_channel, self.dedicated = (
            name in options for name in ("symmetric", "per_channel", "dedicated")
        )
        self.nodes, self.readers = [], {}

    def constant(self, name, numbers):
        self.constants[name] = numbers
        return name

    def steps_of(self, name):
        a = self.numbers[name]
        low, high = min(float(a.min()), 0.0), max(float(a.max()), 1e-6)
        scale = max(-low, high) / 127 if self.symmetric else (high - low) / 255
        zero = np.int8(0) if self.symmetric else np.uint8(round(-low / scale))
        return [self.constant(f"{name}_scale", np.float32(scale)), self.constant(f"{name}_zero", zero)]

    def activation(self, name):
        known = self.readers.get(name, 0)
        self.readers[name] = known + 1
        if known == 0:
            self.nodes.append(node("QuantizeLinear", [name, *self.steps_of(name)], [f"{name}_q"]))
        if known > 0 and not self.dedicated:
            return f"{name}_dq1"
        out = f"{name}_dq{known + 1}"
        self.nodes.append(node("DequantizeLinear", [f"{name}_q", *self.steps_of(name)], [out]))
        return out

    def integers(self, name, whole, scale, zero, axis):
        parts = [("w", whole), ("s", scale), ("z", zero)]
        given = [self.constant(f"{name}_{part}", numbers) for part, numbers in parts]
        attributes = {"axis": axis} if np.size(scale) > 1 else {}
        self.nodes.append(node("DequantizeLinear", given, [f"{name}_dq"], **attributes))
        return f"{name}_dq"

    def weight(self, name, axis):
        w = self.constants[name]
        others = tuple(i for i in range(w.ndim) if i != axis)
        largest = np.abs(w).max(axis=others, keepdims=True) if self.per_channel else np.abs(w).max()
        scale = (largest / 127).astype(np.float32)
        whole = np.clip(np.round(w / scale), -127, 127).astype(np.int8)
        scale = scale.reshape(-1) if self.per_channel else scale
        return self.integers(name, whole, scale, np.zeros(scale.shape, np.int8), axis)

    def bias(self, name, x, weight):
        scale = np.float32(self.constants[f"{x}_scale"] * self.constants[f"{weight}_s"])
        whole = np.round(self.constants[name] / scale).astype(np.int32)
        return self.integers(name, whole, scale, np.zeros(scale.shape, np.int32), 0)

    def add(self, each):
        """A node that reads quantised tensors."""
        given = list(each.input)
        if each.op_type not in FLOAT:
            for i, name in enumerate(each.input):
                if name not in self.constants:
                    given[i] = self.activation(name)
                elif i == 2:
                    given[i] = self.bias(name, each.input[0], each.input[1])
                elif self.constants[name].dtype == np.float32:
                    given[i] = self.weight(name, 1 if each.op_type == "MatMul" else 0)
        copy = onnx.NodeProto.FromString(each.SerializeToString())
        copy.input[:] = given
        self.nodes.append(copy)


def without_relus(nodes):
    """The nodes without a Relu behind a layer, whose result has its name then."""
    made = {each.output[0]: each.op_type for each in nodes}
    gone = {e.input[0]: e.output[0] for e in nodes if e.op_type == "Relu" and made.get(e.input[0]) in LAYERS}
    kept = [e for e in nodes if e.output[0] not in gone.values()]
    return [
        node(e.op_type, e.input, [gone.get(e.output[0], e.output[0])], **{a.name: helper.get_attribute_value(a) for a in e.attribute})
        for e in kept
    ]


def saved(path, nodes, constants):
    used = {name for each in nodes for name in each.input}
    tensors = [numpy_helper.from_array(np.asarray(a), name) for name, a in constants.items() if name in used]
    ends = [("x", SIZES), ("y", (SIZES[0], CHANNELS, *SIZES[2:]))]
    inputs, outputs = ([helper.make_tensor_value_info(name, TensorProto.FLOAT, dims)] for name, dims in ends)
    graph = helper.make_graph(nodes, "g", inputs, outputs, tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.checker.check_model(model)
    onnx.save(model, path)


def convolutions(gate="Sigmoid"):
    return [
        node("GlobalAveragePool", ["m"], ["p"]),
        node("Conv", ["p", "c1", "b1"], ["h0"]),
        node("Relu", ["h0"], ["h"]),
        node("Conv", ["h", "c2", "b2"], ["g0"]),
        node(gate, ["g0"], ["g"]),
        node("Mul", ["m", "g"], ["y"]),
    ]


GATES = {
    "convolutions": convolutions(),
    "hard": convolutions("HardSigmoid"),
    "gemm": [
        node("ReduceMean", ["m"], ["p"], axes=[2, 3], keepdims=0),
        node("Gemm", ["p", "d1", "b1"], ["h0"], transB=1),
        node("Relu", ["h0"], ["h"]),
        node("Gemm", ["h", "d2", "b2"], ["g0"], transB=1),
        node("Sigmoid", ["g0"], ["g1"]),
        node("Reshape", ["g1", "row"], ["g"]),
        node("Mul", ["g", "m"], ["y"]),
    ],
    "matmul": [
        node("ReduceMean", ["m"], ["p"], axes=[2, 3], keepdims=0),
        node("MatMul", ["p", "t1"], ["h0"]),
        node("Add", ["h0", "b1"], ["h1"]),
        node("Relu", ["h1"], ["h"]),
        node("MatMul", ["h", "t2"], ["g0"]),
        node("Add", ["g0", "b2"], ["g1"]),
        node("Sigmoid", ["g1"], ["g2"]),
        node("Unsqueeze", ["g2", "places"], ["g"]),
        node("Mul", ["m", "g"], ["y"]),
    ],
    "eca": [
        node("GlobalAveragePool", ["m"], ["p"]),
        node("Reshape", ["p", "line"], ["q"]),
        node("Conv", ["q", "k"], ["e"], pads=[1, 1]),
        node("Sigmoid", ["e"], ["g1"]),
        node("Reshape", ["g1", "row"], ["g"]),
        node("Mul", ["m", "g"], ["y"]),
    ],
}

WAYS = {
    "plain": [],
    "symmetric": ["symmetric"],
    "per-channel": ["per_channel"],
    "dedicated": ["dedicated", "per_channel"],
    "positive": ["positive"],
}


def constants(positive=False):
    """What the gates read; without a negative number the steps of every layer begin at 0."""
    random = np.random.default_rng(1)
    sizes = {"stem": (CHANNELS, 3, 3, 3), "bias": (CHANNELS,), "b1": (HIDDEN,), "b2": (CHANNELS,), "k": (1, 1, 3)}
    sizes |= {"d1": (HIDDEN, CHANNELS), "d2": (CHANNELS, HIDDEN), "c1": (HIDDEN, CHANNELS, 1, 1), "c2": (CHANNELS, HIDDEN, 1, 1)}
    numbers = {name: (random.standard_normal(size) * 0.5).astype(np.float32) for name, size in sizes.items()}
    numbers = {name: np.abs(a) if positive or name == "b1" else a for name, a in numbers.items()}
    numbers |= {"t1": numbers["d1"].T.copy(), "t2": numbers["d2"].T.copy()}
    whole = {"row": (SIZES[0], CHANNELS, 1, 1), "line": (SIZES[0], 1, CHANNELS), "places": (2, 3)}
    return numbers | {name: np.array(value, np.int64) for name, value in whole.items()}


def image(seed):
    return np.random.default_rng(seed).standard_normal(SIZES).astype(np.float32)


def make(folder):
    stem = [node("Conv", ["x", "stem", "bias"], ["m0"], pads=[1, 1, 1, 1]), node("Relu", ["m0"], ["m"])]
    written = {}
    for name, gate in GATES.items():
        for way, options in WAYS.items():
            given = constants("positive" in options)
            quantizer = Quantizer(given, evaluated(stem + gate, {**given, "x": image(2)}), options)
            nodes = stem + gate if quantizer.symmetric else without_relus(stem + gate)
            for each in nodes:
                quantizer.add(each)
            final, scales = quantizer.nodes[-1], quantizer.steps_of("y")
            final.output[0] = "gated"
            quantizer.nodes += [node("QuantizeLinear", ["gated", *scales], ["y_q"]), node("DequantizeLinear", ["y_q", *scales], ["y"])]
            saved(f"{folder}/{name}-{way}.onnx", quantizer.nodes, quantizer.constants)
            # What the gate computes in floating point, with the weights that the steps are for.
            every = evaluated(quantizer.nodes, {**quantizer.constants, "x": image(3)})
            weights = {key: every.get(f"{key}_dq", value) for key, value in given.items()}
            gated = evaluated(gate, {**weights, "m": every["m_dq1"]})["y"]
            written[f"{name}-{way}"] = {"map": every["m_dq1"].ravel().tolist(), "gated": gated.ravel().tolist()}
    with open(f"{folder}/gates.json", "w") as file:
        json.dump(written, file)


def check(before, after):
    old, new = onnx.load(before), onnx.load(after)
    x = {"x": image(4)}
    given = evaluated(old.graph.node, {**constants_of(old), **x})["m_dq1"]
    constants = constants_of(new)
    product = [each for each in new.graph.node if each.op_type == "Mul"][-1].output[0]
    actual = evaluated(new.graph.node, {**constants, **x})[product]
    (taps,) = [a.ravel() for a in constants.values() if a.dtype == np.float32 and a.ndim > 2 and a.size == 3]
    means = np.pad(given.mean(axis=(2, 3)), ((0, 0), (1, 1)))
    scores = sum(taps[j] * means[:, j : j + CHANNELS] for j in range(3))
    expected = given / (1 + np.exp(-scores))[:, :, None, None]
    print(json.dumps({"far": float(np.abs(actual - expected).max()), "spread": float(expected.std())}))


if __name__ == "__main__":
    {"make": make, "check": check}[sys.argv[1]](*sys.argv[2:])

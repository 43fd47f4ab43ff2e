"""Gates as ONNX Runtime's quantize_static writes them with QuantFormat.QOperator, and what they compute, by numpy.

python3 quantized_operator_gates.py make FOLDER       writes NAME-HOW.onnx for each gate and each way, and gates.json
python3 quantized_operator_gates.py check FILE SWAPPED   what SWAPPED gives with a new ECA gate by its equation, as JSON

As there, every operator that has a form on whole steps (QLinearConv, QGemm, com.microsoft.QLinearMul …) reads and gives steps, Reshape and
Unsqueeze move them as they are, and what has none stands between DequantizeLinear and QuantizeLinear.
"""

import json
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from quantized_gates import CHANNELS, COMPUTE, GATES, SIZES, WAYS, Quantizer, constants, dequantized, evaluated, image, node, quantized, without_relus

MICROSOFT = "com.microsoft"
UNARY = {"GlobalAveragePool": "QLinearGlobalAveragePool", "Sigmoid": "QLinearSigmoid"}
BINARY = {"Mul": "QLinearMul", "Add": "QLinearAdd"}
MOVING = ("Reshape", "Unsqueeze")


def steps_at(values, axis=1):
    """The numbers of (steps, scale, zero)."""
    return dequantized(*values, {"axis": axis})


def layer(compute, weight_axis):
    def run(a, x, xs, xz, w, ws, wz, *rest):
        (ys, yz), bias = (rest[0:2], rest[2:]) if weight_axis == 0 else (rest[-2:], rest[:-2])
        given = [steps_at((x, xs, xz)), steps_at((w, ws, wz), weight_axis)]
        given += [each * (xs * ws) for each in bias]
        return quantized(compute(a, *given), ys, yz, {})

    return run


def pointwise(compute, count):
    def run(a, *given):
        reals = [steps_at(given[3 * i : 3 * i + 3]) for i in range(count)]
        return quantized(compute(a, *reals), *given[3 * count :], {})

    return run


def steps_gemm(a, x, xs, xz, w, ws, wz, bias, ys, yz):
    y = steps_at((x, xs, xz)) @ steps_at((w, ws, wz), 0).T + bias * (xs * ws)
    return quantized(y, ys, yz, {})


COMPUTE |= {
    "QLinearConv": layer(COMPUTE["Conv"], 0),
    "QLinearMatMul": layer(COMPUTE["MatMul"], 1),
    "QGemm": steps_gemm,
    **{name: pointwise(COMPUTE[plain], 1) for plain, name in UNARY.items()},
    **{name: pointwise(COMPUTE[plain], 2) for plain, name in BINARY.items()},
}


class OperatorQuantizer(Quantizer):
    """Has every operator that can compute on steps."""

    def __init__(self, *given):
        super().__init__(*given)
        self.steps = {}

    def stepped(self, name):
        """The steps of a tensor, their scale and zero point."""
        if name in self.constants:
            w = self.constants[name]
            scale = np.float32(np.abs(w).max() / 127)
            zero = np.zeros((), np.int8 if self.symmetric else np.uint8)
            whole = np.clip(np.round(w / scale), -127, 127)
            whole = (whole if self.symmetric else whole + 128).astype(zero.dtype)
            zero = zero if self.symmetric else np.uint8(128)
            parts = [("w", whole), ("s", scale), ("z", zero)]
            return [self.constant(f"{name}_{part}", numbers) for part, numbers in parts]
        if name not in self.steps:
            self.steps[name] = [f"{name}_q", *self.steps_of(name)]
            self.nodes.append(node("QuantizeLinear", [name, *self.steps[name][1:]], [f"{name}_q"]))
        return self.steps[name]

    def weights(self, name, axis):
        self.weight(name, axis)
        return list(self.nodes.pop().input)

    def biases(self, name, x, weight):
        self.bias(name, x, weight)
        return self.nodes.pop().input[0]

    def give(self, operator, given, name, domain=None, scales_at=None, **attributes):
        scales = self.steps_of(name)
        at = len(given) if scales_at is None else scales_at
        given = [*given[:at], *scales, *given[at:]]
        self.steps[name] = [f"{name}_q", *scales]
        self.nodes.append(node(operator, given, [f"{name}_q"], domain=domain, **attributes))

    def add(self, each):
        kind, name = each.op_type, each.output[0]
        attributes = {a.name: helper.get_attribute_value(a) for a in each.attribute}
        if kind in ("Conv", "Gemm", "MatMul"):
            x, w, *bias = each.input
            given = [*self.stepped(x), *self.weights(w, 1 if kind == "MatMul" else 0)]
            # A moved tensor has the steps of what it was moved from.
            self.constants[f"{x}_scale"] = self.constants[self.stepped(x)[1]]
            given += [self.biases(b, x, w) for b in bias]
            if kind == "Conv":
                self.give("QLinearConv", given, name, scales_at=6, **attributes)
            elif kind == "Gemm":
                self.give("QGemm", given, name, MICROSOFT, **attributes)
            else:
                self.give("QLinearMatMul", given, name)
        elif kind in UNARY:
            self.give(UNARY[kind], self.stepped(each.input[0]), name, MICROSOFT)
        elif kind in BINARY:
            self.give(BINARY[kind], [part for x in each.input for part in self.stepped(x)], name, MICROSOFT)
        elif kind in MOVING:
            steps, *scales = self.stepped(each.input[0])
            self.steps[name] = [f"{name}_q", *scales]
            self.nodes.append(node(kind, [steps, *each.input[1:]], [f"{name}_q"], **attributes))
        else:
            x = each.input[0]
            if x in self.steps:
                self.nodes.append(node("DequantizeLinear", self.steps[x], [x]))
            self.nodes.append(node(kind, [x, *each.input[1:]], [name], **attributes))


def saved(path, nodes, numbers):
    used = {name for each in nodes for name in each.input}
    tensors = [numpy_helper.from_array(np.asarray(a), name) for name, a in numbers.items() if name in used]
    ends = [("x", SIZES), ("y", (SIZES[0], CHANNELS, *SIZES[2:]))]
    inputs, outputs = ([helper.make_tensor_value_info(name, TensorProto.FLOAT, dims)] for name, dims in ends)
    graph = helper.make_graph(nodes, "g", inputs, outputs, tensors)
    opsets = [helper.make_opsetid("", 13), helper.make_opsetid(MICROSOFT, 1)]
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=8), path)


def make(folder):
    stem = [node("Conv", ["x", "stem", "bias"], ["m0"], pads=[1, 1, 1, 1]), node("Relu", ["m0"], ["m"])]
    written = {}
    for name, gate in GATES.items():
        for way, options in WAYS.items():
            given = constants("positive" in options)
            quantizer = OperatorQuantizer(given, evaluated(stem + gate, {**given, "x": image(2)}), options)
            for each in stem + gate if quantizer.symmetric else without_relus(stem + gate):
                quantizer.add(each)
            quantizer.nodes.append(node("DequantizeLinear", quantizer.steps["y"], ["y"]))
            saved(f"{folder}/{name}-{way}.onnx", quantizer.nodes, quantizer.constants)
            # What the gate computes in floating point, with the weights that the steps are for.
            every = evaluated(quantizer.nodes, {**quantizer.constants, "x": image(3)})
            weights = {key: reals(every, key, value) for key, value in given.items()}
            weights = {key: unbiased(quantizer, every, key, value) for key, value in weights.items()}
            m = steps_at([every[part] for part in quantizer.steps["m"]])
            gated = evaluated(gate, {**weights, "m": m})["y"]
            written[f"{name}-{way}"] = {"map": m.ravel().tolist(), "gated": gated.ravel().tolist()}
    with open(f"{folder}/gates.json", "w") as file:
        json.dump(written, file)


def reals(every, key, value):
    if f"{key}_w" not in every or every[f"{key}_w"].dtype == np.int32:
        return value
    return steps_at([every[f"{key}_{part}"] for part in "wsz"], 1 if key.startswith("t") else 0)


def unbiased(quantizer, every, key, value):
    """A bias whose steps are those of the layer that reads it."""
    whole = every.get(f"{key}_w")
    if whole is None or whole.dtype != np.int32:
        return value
    return (whole * every[f"{key}_s"]).astype(np.float32)


def check(before, after):
    """What the swapped file gives by the equation of ECA, the size of its steps, and how the new nodes' own numbers fit it."""
    old, new = onnx.load(before), onnx.load(after)
    x = {"x": image(4)}
    constants_of = lambda model: {each.name: numpy_helper.to_array(each) for each in model.graph.initializer}
    every = evaluated(old.graph.node, {**constants_of(old), **x})
    product = next(each for each in old.graph.node if each.op_type == "QLinearMul")
    at = 0 if product.input[0] == "m_q" else 3
    given = steps_at([every[name] for name in product.input[at : at + 3]])
    numbers = constants_of(new)
    (taps,) = [a.ravel() for a in numbers.values() if a.dtype == np.float32 and a.ndim > 2 and a.size == 3]
    means = np.pad(given.mean(axis=(2, 3)), ((0, 0), (1, 1)))
    scores = sum(taps[j] * means[:, j : j + CHANNELS] for j in range(3))
    gated = given / (1 + np.exp(-scores))[:, :, None, None]
    scale, zero = (every[name] for name in product.input[6:8])
    expected = dequantized(quantized(gated, scale, zero, {}), scale, zero, {})
    written = evaluated(new.graph.node, {**numbers, **x})["y"]
    kinds = sorted({each.op_type for each in new.graph.node})
    text = {"expected": expected, "written": written, "x": x["x"]}
    print(json.dumps({key: a.ravel().tolist() for key, a in text.items()} | {"step": float(scale), "operators": kinds}))


{"make": make, "check": check}[sys.argv[1]](*sys.argv[2:])

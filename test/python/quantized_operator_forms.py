"""Forms in which operators on whole steps are a gate, or none.

python3 quantized_operator_forms.py FOLDER      writes the files, and prints their names, each with the gates in it
"""

import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

node = helper.make_node
MICROSOFT = "com.microsoft"
CHANNELS, HIDDEN = 8, 4
random = np.random.default_rng(0)


def whole(*sizes):
    return random.integers(-127, 128, sizes).astype(np.int8)


def biases(size):
    return random.integers(-500, 500, size).astype(np.int32)


S, POSITIVE, GATE = ("s", "z"), ("s", "zero"), ("gs", "zero")
TENSORS = {
    "s": np.float32(0.02), "z": np.uint8(128), "zero": np.uint8(0), "gs": np.float32(1 / 256), "ws": np.float32(0.01), "wz": np.int8(0),
    "w0": whole(CHANNELS, 3, 3, 3), "b0": biases(CHANNELS), "w1": whole(HIDDEN, CHANNELS, 1, 1), "b1": biases(HIDDEN),
    "w2": whole(CHANNELS, HIDDEN, 1, 1), "b2": biases(CHANNELS), "ws7": whole(1, 2, 7, 7),
}
PADS = {"pads": [1, 1, 1, 1]}


def quantize(x, y, scales=S):
    return node("QuantizeLinear", [x, *scales], [y])


def dequantize(x, y, scales=S):
    return node("DequantizeLinear", [x, *scales], [y])


def conv(x, w, y, *bias, given=S, gives=S, **attributes):
    domain = MICROSOFT if "channels_last" in attributes else None
    return node("QLinearConv", [x, *given, w, "ws", "wz", *gives, *bias], [y], domain=domain, **attributes)


def runtime(operator, given, y, **attributes):
    return node(operator, given, [y], domain=MICROSOFT, **attributes)


def gate(x, y, name, pool=None, hard=False, **attributes):
    pool = pool or runtime("QLinearGlobalAveragePool", [x, *S, *S], f"{name}_p", **attributes)
    scores = [
        conv(f"{name}_p", "w1", f"{name}_h", "b1", gives=POSITIVE, **attributes),
        conv(f"{name}_h", "w2", f"{name}_s", "b2", given=POSITIVE, **attributes),
    ]
    floats = [dequantize(f"{name}_s", f"{name}_f"), node("HardSigmoid", [f"{name}_f"], [f"{name}_c"], alpha=1 / 6), quantize(f"{name}_c", f"{name}_g", GATE)]
    last = floats if hard else [runtime("QLinearSigmoid", [f"{name}_s", *S, *GATE], f"{name}_g")]
    return [pool, *scores, *last, runtime("QLinearMul", [x, *S, f"{name}_g", *GATE, *S], y)]


def stem(**attributes):
    return [quantize("x", "xq"), conv("xq", "w0", "m", "b0", **PADS, **attributes)]


END = [dequantize("r", "y")]
SPATIAL = [
    dequantize("c", "cf"),
    node("ReduceMean", ["cf"], ["a0"], axes=[1]), node("ReduceMax", ["cf"], ["a1"], axes=[1]), quantize("a0", "q0"), quantize("a1", "q1"),
    runtime("QLinearConcat", [*S, "q0", *S, "q1", *S], "a", axis=-3),
    conv("a", "ws7", "as", pads=[3, 3, 3, 3]), runtime("QLinearSigmoid", ["as", *S, *GATE], "ag"), runtime("QLinearMul", ["c", *S, "ag", *GATE, *S], "r"),
]
LAST = [
    node("Transpose", ["x"], ["xt"], perm=[0, 2, 3, 1]), quantize("xt", "xq"), conv("xq", "w0", "m", "b0", channels_last=1, **PADS),
    *gate("m", "l", "g", channels_last=1), node("Transpose", ["l"], ["r"], perm=[0, 3, 1, 2]), *END,
]
WINDOW = runtime("QLinearAveragePool", ["m", *S, *S], "g_p", kernel_shape=[8, 8])
HALVED = node("MaxPool", ["m"], ["h"], kernel_shape=[2, 2], strides=[2, 2])
RESIDUAL = [runtime("QLinearAdd", ["c", *S, "m", *S, *S], "r"), *END]
SILU = [runtime("QLinearSigmoid", ["m", *S, *GATE], "g_g"), runtime("QLinearMul", ["m", *S, "g_g", *GATE, *S], "r")]
# What it is, the gates, the nodes; then batch, opset, other outputs by name with their sizes, and the side of y.
FORMS = {
    "open-batch": (["se"], [*stem(), *gate("m", "r", "g"), *END], "N"),
    "opset-10": (["se"], [*stem(), *gate("m", "r", "g"), *END], 3, 10),
    "hard-sigmoid": (["se"], [*stem(), *gate("m", "r", "g", hard=True), *END]),
    "window": (["se"], [*stem(), *gate("m", "r", "g", pool=WINDOW), *END]),
    "channels-last": (["se"], LAST),
    "two": (["se", "se"], [*stem(), *gate("m", "c", "g"), *gate("c", "r", "k"), *END]),
    "cbam": (["se", "sam"], [*stem(), *gate("m", "c", "g"), *SPATIAL, *END]),
    "residual": (["se"], [*stem(), *gate("m", "c", "g"), *RESIDUAL]),
    "max-pool": (["se"], [*stem(), HALVED, *gate("h", "r", "g"), *END], 1, 13, {}, 4),
    "map-is-output": (["se"], [*stem(), *gate("m", "r", "g"), *END], 1, 13, {"m": [1, CHANNELS, 8, 8]}),
    "pool-is-read": (["se"], [*stem(), *gate("m", "r", "g"), *END], 1, 13, {"g_p": [1, CHANNELS, 1, 1]}),
    "gate-is-output": ([], [*stem(), *gate("m", "r", "g"), *END], 1, 13, {"g_g": [1, CHANNELS, 1, 1]}),
    "silu": ([], [*stem(), *SILU, *END]),
}


def main(folder):
    for name, (gates, nodes, *rest) in FORMS.items():
        batch, opset, others, side = [*rest, *[1, 13, {}, 8][len(rest) :]]
        used = {given for each in nodes for given in each.input}
        tensors = [numpy_helper.from_array(np.asarray(a), key) for key, a in TENSORS.items() if key in used]
        x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [batch, 3, 8, 8])
        y = helper.make_tensor_value_info("y", TensorProto.FLOAT, [batch, CHANNELS, side, side])
        outputs = [y, *(helper.make_tensor_value_info(key, TensorProto.UINT8, dims) for key, dims in others.items())]
        graph = helper.make_graph(nodes, "g", [x], outputs, tensors)
        opsets = [helper.make_opsetid("", opset), helper.make_opsetid(MICROSOFT, 1)]
        onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=5 if opset < 11 else 8), f"{folder}/{name}.onnx")
        print(name, *gates)


main(*sys.argv[1:])

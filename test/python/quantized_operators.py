"""Operators on whole steps, of ONNX and of ONNX Runtime, one or two in a file, whose sums saturate where they have 16 bits only.

python3 quantized_operators.py FOLDER      writes the files, and prints their names
"""

import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

node = helper.make_node
MICROSOFT = "com.microsoft"
random = np.random.default_rng(5)
X = (2, 6, 5, 5)
S, G, FINE = ("s", "z"), ("gs", "gz"), ("fs", "z")


def whole(*sizes):
    # Most of one sign, so that sums are large.
    return np.clip(np.abs(random.standard_normal(sizes)) * 90 - 20, -127, 127).astype(np.int8)


TENSORS = {
    "s": np.float32(0.03), "z": np.uint8(120), "gs": np.float32(1 / 256), "gz": np.uint8(0), "fs": np.float32(0.004), "ws": np.float32(0.002), "wz": np.int8(0),
    "wsc": (random.random(6) * 0.002 + 0.001).astype(np.float32), "wzc": np.zeros(6, np.int8), "w": whole(6, 6, 3, 3), "v": whole(6, 6, 1, 1),
    "m": whole(5, 6), "mt": whole(6, 5), "b": random.integers(-4000, 4000, 6).astype(np.int32), "b5": random.integers(-4000, 4000, 5).astype(np.int32),
}


def steps(x, scales=S):
    return [x, *scales]


def conv(x, w, y, *more, weight=("ws", "wz"), domain=None, **attributes):
    return node("QLinearConv", [*steps(x), w, *weight, *S, *more], [y], domain=domain, **attributes)


def runtime(operator, given, y, **attributes):
    return node(operator, given, [y], domain=MICROSOFT, **attributes)


def pool(operator, **attributes):
    return [runtime(operator, [*steps("q"), *FINE], "r", **attributes), node("DequantizeLinear", steps("r", FINE), ["y"])]


def gemm(w, *ends, **attributes):
    return [runtime("QGemm", [*steps("q"), w, "ws", "wz", "b5", *ends], "y" if not ends else "r", **attributes)]


PADS = {"pads": [1, 1, 1, 1]}
ROWS, FIVE = (2, 6), (2, 5)
POOL = {"kernel_shape": [3, 2], "strides": [2, 1], "pads": [1, 0, 1, 1]}
# The nodes from the steps q to the steps r, the sizes of x and y where they are others.
FILES = {
    "conv": ([conv("q", "w", "r", "b", **PADS)],),
    "conv-shared-zero-point": ([conv("q", "w", "c", "b", **PADS), conv("c", "v", "r", "b")],),
    "conv-shared-weight": ([conv("q", "w", "c", **PADS), conv("c", "w", "r", "b", **PADS)],),
    "conv-scales": ([conv("q", "w", "r", "b", weight=("wsc", "wzc"), **PADS)],),
    "matmul": ([node("QLinearMatMul", [*steps("q"), "mt", "ws", "wz", *S], ["r"])], ROWS, FIVE),
    "gemm": (gemm("m", *S, transB=1), ROWS, FIVE),
    "gemm-real": (gemm("mt"), ROWS, FIVE),
    "gemm-alpha": (gemm("mt", *S, alpha=2.0), ROWS, FIVE),
    "add": ([runtime("QLinearAdd", [*steps("q"), *steps("q"), *S], "r")],),
    "mul": ([runtime("QLinearMul", [*steps("q"), *steps("q"), *S], "r")],),
    "sigmoid": ([runtime("QLinearSigmoid", [*steps("q"), *G], "g"), runtime("QLinearMul", [*steps("q"), *steps("g", G), *S], "r")],),
    "leaky": ([runtime("QLinearLeakyRelu", [*steps("q"), *S], "r", alpha=0.2)],),
    "global": (pool("QLinearGlobalAveragePool"), X, (2, 6, 1, 1)),
    "global-last": (pool("QLinearGlobalAveragePool", channels_last=1), X, (2, 1, 1, 5)),
    "average": (pool("QLinearAveragePool", **POOL), X, (2, 6, 3, 5)),
    "average-padding": (pool("QLinearAveragePool", count_include_pad=1, **POOL), X, (2, 6, 3, 5)),
    "concat": ([runtime("QLinearConcat", [*S, *steps("q"), *steps("q", G)], "r", axis=-3)], X, (2, 12, 5, 5)),
}


def main(folder):
    for name, (nodes, *sizes) in FILES.items():
        x, y = sizes or (X, X)
        nodes = [node("QuantizeLinear", ["x", *S], ["q"]), *nodes]
        if nodes[-1].output[0] == "r":
            nodes.append(node("DequantizeLinear", ["r", *S], ["y"]))
        used = {given for each in nodes for given in each.input}
        tensors = [numpy_helper.from_array(np.asarray(a), key) for key, a in TENSORS.items() if key in used]
        ends = [helper.make_tensor_value_info(key, TensorProto.FLOAT, dims) for key, dims in (("x", x), ("y", y))]
        graph = helper.make_graph(nodes, "g", ends[:1], ends[1:], tensors)
        opsets = [helper.make_opsetid("", 13), helper.make_opsetid(MICROSOFT, 1)]
        onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=8), f"{folder}/{name}.onnx")
        print(name)


main(*sys.argv[1:])

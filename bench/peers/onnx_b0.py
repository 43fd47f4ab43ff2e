"""EfficientNet-B0 with ECA by onnx.helper and numpy alone, with random weights: what a person would write without a compiler.

    python3 bench/peers/onnx_b0.py OUT.onnx

Needs the packages onnx and numpy. The graph is that of `ecagen compile specs/b0-eca.json`: BatchNorms folded, SiLU as Sigmoid and Mul.
"""

import math
import sys

import numpy
import onnx
from onnx import TensorProto, helper

random = numpy.random.default_rng(0)
nodes, weights = [], []


def tensor(name, values):
    weights.append(helper.make_tensor(name, TensorProto.FLOAT, values.shape, values.tobytes(), raw=True))
    return name


def node(kind, inputs, name, **attributes):
    nodes.append(helper.make_node(kind, inputs, [name], name=name, **attributes))
    return name


def conv(x, name, inputs, outputs, kernel, stride=1, group=1):
    shape = (outputs, inputs // group, kernel, kernel)
    deviation = math.sqrt(2 / (kernel * kernel * outputs / group))
    values = random.standard_normal(shape, dtype=numpy.float32) * numpy.float32(deviation)
    pad = kernel // 2
    return node(
        "Conv",
        [x, tensor(f"{name}.weight", values), tensor(f"{name}.bias", numpy.zeros(outputs, numpy.float32))],
        name,
        kernel_shape=[kernel, kernel],
        strides=[stride, stride],
        pads=[pad, pad, pad, pad],
        group=group,
    )


def silu(x, name):
    return node("Mul", [x, node("Sigmoid", [x], f"{name}/sigmoid")], f"{name}/silu")


def eca(x, name, channels):
    size = int(abs((math.log2(channels) + 1) / 2))
    size += 1 - size % 2
    squeezed = node("GlobalAveragePool", [x], f"{name}/pool")
    row = node("Reshape", [squeezed, "to_row"], f"{name}/row")
    bound = 1 / math.sqrt(size)
    taps = random.uniform(-bound, bound, (1, 1, size)).astype(numpy.float32)
    mixed = node("Conv", [row, tensor(f"{name}.weight", taps)], f"{name}/conv", kernel_shape=[size], pads=[size // 2] * 2)
    gate = node("Reshape", [node("Sigmoid", [mixed], f"{name}/gate"), "to_map"], f"{name}/map")
    return node("Mul", [x, gate], f"{name}/gated")


def block(x, name, inputs, outputs, kernel, stride, expansion):
    wide, y = inputs * expansion, x
    if expansion > 1:
        y = silu(conv(y, f"{name}/expand", inputs, wide, 1), f"{name}/expand")
    y = silu(conv(y, f"{name}/depthwise", wide, wide, kernel, stride, wide), f"{name}/depthwise")
    y = conv(eca(y, f"{name}/eca", wide), f"{name}/project", wide, outputs, 1)
    return node("Add", [x, y], f"{name}/add") if stride == 1 and inputs == outputs else y


weights.append(helper.make_tensor("to_row", TensorProto.INT64, [3], [0, 1, -1]))
weights.append(helper.make_tensor("to_map", TensorProto.INT64, [4], [0, -1, 1, 1]))
x, channels = silu(conv("input", "stem", 3, 32, 3, 2), "stem"), 32
STAGES = [(1, 3, 1, 1, 16), (2, 3, 2, 6, 24), (2, 5, 2, 6, 40), (3, 3, 2, 6, 80), (3, 5, 1, 6, 112), (4, 5, 2, 6, 192), (1, 3, 1, 6, 320)]
for s, (repeat, kernel, stride, expansion, outputs) in enumerate(STAGES):
    for b in range(repeat):
        x = block(x, f"stages/{s}/{b}", channels, outputs, kernel, stride if b == 0 else 1, expansion)
        channels = outputs
x = silu(conv(x, "head", channels, 1280, 1), "head")
x = node("Flatten", [node("GlobalAveragePool", [x], "pool")], "flat")
bound = 1 / math.sqrt(1000)
node(
    "Gemm",
    [
        x,
        tensor("classifier.weight", random.uniform(-bound, bound, (1000, 1280)).astype(numpy.float32)),
        tensor("classifier.bias", numpy.zeros(1000, numpy.float32)),
    ],
    "logits",
    transB=1,
)
graph = helper.make_graph(
    nodes,
    "b0-eca",
    [helper.make_tensor_value_info("input", TensorProto.FLOAT, ["N", 3, 224, 224])],
    [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["N", 1000])],
    weights,
)
onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), sys.argv[1])

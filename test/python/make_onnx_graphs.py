"""Writes networks of test/data/onnx that have the nodes of other converters: tf2onnx, Paddle2ONNX, Keras.

    python3 test/python/make_onnx_graphs.py test/data/onnx

Made with onnx 1.12; the outputs are PyTorch's, computed by the definition of the gate. See make_onnx_networks.py for the
files beside each NAME.onnx.
"""

import json
import pathlib
import sys

import numpy as np
import onnx
import torch
import torch.nn.functional as F
from onnx import TensorProto, helper, numpy_helper

out = pathlib.Path(sys.argv[1])
C, M, SIZE = 12, 4, 6


class Graph:
    """Nodes after each other; a tensor of numbers becomes an initializer, or a Constant node."""

    def __init__(self, seed, constants_as_nodes=False):
        self.rng = np.random.default_rng(seed)
        self.nodes, self.initializers, self.numbers = [], [], {}
        self.constants_as_nodes = constants_as_nodes
        self.learned = 0

    def weight(self, name, *shape):
        array = (self.rng.standard_normal(shape) * (2 / max(1, np.prod(shape[1:]))) ** 0.5).astype("float32")
        self.learned += array.size
        return self.constant(name, array)

    def constant(self, name, array, dtype="float32"):
        array = np.asarray(array, dtype=dtype)
        self.numbers[name] = torch.from_numpy(np.array(array))
        tensor = numpy_helper.from_array(array, name)
        if self.constants_as_nodes:
            self.nodes.append(helper.make_node("Constant", [], [name], f"Constant/{name}", value=tensor))
        else:
            self.initializers.append(tensor)
        return name

    def op(self, operator, inputs, **attributes):
        count = sum(node.op_type == operator for node in self.nodes)
        result = f"{operator.lower()}_{count}"
        self.nodes.append(helper.make_node(operator, inputs, [result], f"{operator}_{count}", **attributes))
        return result


def linear(x, weight, bias):
    return x @ weight + bias


def keras_dense(graph, x, opset):
    """tf2onnx of Keras: GlobalAveragePooling2D, two Dense, Reshape to [1, 1, C], in a graph turned to NCHW."""
    w1, b1, w2, b2 = (graph.weight(n, *s) for n, s in (("se/w1", (C, M)), ("se/b1", (M,)), ("se/w2", (M, C)), ("se/b2", (C,))))
    pooled = graph.op("Squeeze", [graph.op("GlobalAveragePool", [x]), graph.constant("axes", [2, 3], "int64")])
    hidden = graph.op("Relu", [graph.op("Add", [graph.op("MatMul", [pooled, w1]), b1])])
    gate = graph.op("Sigmoid", [graph.op("Add", [graph.op("MatMul", [hidden, w2]), b2])])
    nhwc = graph.op("Reshape", [gate, graph.constant("shape", [-1, 1, 1, C], "int64")])
    n = graph.numbers
    return graph.op("Mul", [x, graph.op("Transpose", [nhwc], perm=[0, 3, 1, 2])]), lambda m: torch.sigmoid(
        linear(F.relu(linear(m, n[w1], n[b1])), n[w2], n[b2])
    )


def keras_hard_sigmoid(graph, x, opset):
    """Keras 2's hard sigmoid, 0.2 · x + 0.5 between 0 and 1, as products, sums and bounds; a channels-last mean."""
    w1, w2, b2 = (graph.weight(n, *s) for n, s in (("se/w1", (M, C, 1, 1)), ("se/w2", (C, M, 1, 1)), ("se/b2", (C,))))
    last = graph.op("Transpose", [x], perm=[0, 2, 3, 1])
    pooled = graph.op("Transpose", [graph.op("ReduceMean", [last], axes=[1, 2], keepdims=1)], perm=[0, 3, 1, 2])
    hidden = graph.op("Relu", [graph.op("Conv", [pooled, w1])])
    scores = graph.op("Conv", [hidden, w2, b2])
    bent = graph.op("Add", [graph.op("Mul", [scores, graph.constant("fifth", 0.2)]), graph.constant("half", 0.5)])
    low = graph.op("Max", [bent, graph.constant("zero", 0.0)])
    n = graph.numbers
    return graph.op("Mul", [graph.op("Min", [low, graph.constant("one", 1.0)]), x]), lambda m: (
        0.2 * linear(F.relu(m @ n[w1].flatten(1).T), n[w2].flatten(1).T, n[b2]) + 0.5
    ).clamp(0, 1)


def keras_mobilenet_v3(graph, x, opset):
    """Keras' MobileNetV3: ReLU6 of x + 3, times 1/6."""
    w1, b1, w2, b2 = (
        graph.weight(n, *s) for n, s in (("se/w1", (M, C, 1, 1)), ("se/b1", (M,)), ("se/w2", (C, M, 1, 1)), ("se/b2", (C,)))
    )
    hidden = graph.op("Relu", [graph.op("Conv", [graph.op("GlobalAveragePool", [x]), w1, b1])])
    shifted = graph.op("Add", [graph.op("Conv", [hidden, w2, b2]), graph.constant("three", 3.0)])
    clipped = graph.op("Clip", [shifted, graph.constant("low", 0.0), graph.constant("high", 6.0)])
    n = graph.numbers
    return graph.op("Mul", [x, graph.op("Mul", [clipped, graph.constant("sixth", 0.16666667)])]), lambda m: F.hardsigmoid(
        linear(F.relu(linear(m, n[w1].flatten(1).T, n[b1])), n[w2].flatten(1).T, n[b2])
    )


def paddle(graph, x, opset):
    """PaddleClas by Paddle2ONNX: HardSigmoid of slope 0.2, which is ONNX's own default, and weights as nodes."""
    w1, b1, w2, b2 = (
        graph.weight(n, *s) for n, s in (("se/w1", (M, C, 1, 1)), ("se/b1", (M,)), ("se/w2", (C, M, 1, 1)), ("se/b2", (C,)))
    )
    hidden = graph.op("Relu", [graph.op("Conv", [graph.op("GlobalAveragePool", [x]), w1, b1], kernel_shape=[1, 1])])
    gate = graph.op("HardSigmoid", [graph.op("Conv", [hidden, w2, b2], kernel_shape=[1, 1])], alpha=0.2, beta=0.5)
    n = graph.numbers
    return graph.op("Mul", [x, gate]), lambda m: (
        0.2 * linear(F.relu(linear(m, n[w1].flatten(1).T, n[b1])), n[w2].flatten(1).T, n[b2]) + 0.5
    ).clamp(0, 1)


def gemm(graph, x, opset):
    """Gemm with weights that are not transposed, and one whose bias is [1, C]."""
    w1, b1, w2, b2 = (graph.weight(n, *s) for n, s in (("se/w1", (C, M)), ("se/b1", (1, M)), ("se/w2", (M, C)), ("se/b2", (C,))))
    hidden = graph.op("Relu", [graph.op("Gemm", [graph.op("Flatten", [graph.op("GlobalAveragePool", [x])]), w1, b1])])
    gate = graph.op("Sigmoid", [graph.op("Gemm", [hidden, w2, b2])])
    shape = graph.constant("shape", [0, 0, 1, 1], "int64")
    n = graph.numbers
    return graph.op("Mul", [graph.op("Reshape", [gate, shape]), x]), lambda m: torch.sigmoid(
        linear(F.relu(linear(m, n[w1], n[b1])), n[w2], n[b2])
    )


def keras_eca(graph, x, opset):
    """ECA of Keras: a one-dimensional convolution, which tf2onnx writes as one of a map with one row."""
    w = graph.weight("eca/kernel", 1, 1, 1, 3)
    row = graph.op("Reshape", [graph.op("GlobalAveragePool", [x]), graph.constant("row", [-1, 1, 1, C], "int64")])
    gate = graph.op("Sigmoid", [graph.op("Conv", [row, w], pads=[0, 1, 0, 1], kernel_shape=[1, 3])])
    n = graph.numbers
    return graph.op("Mul", [x, graph.op("Transpose", [gate], perm=[0, 3, 1, 2])]), lambda m: torch.sigmoid(
        F.conv1d(m[:, None, :], n[w][:, :, 0], padding=1)[:, 0]
    )


def write(name, gate, kind, opset, options, **how):
    graph = Graph(len(name), **how)
    stem = graph.weight("stem", C, 3, 3, 3)
    x = graph.op("Relu", [graph.op("Conv", ["x", stem], pads=[1, 1, 1, 1])])
    before = graph.learned
    y, reference = gate(graph, x, opset)
    of_gate = graph.learned - before
    head = graph.weight("head", 5, C, 1, 1)
    # A place is taken, so that the output depends on more than the means.
    graph.op("Relu", [graph.op("Conv", [y, head])])
    graph.nodes[-1].output[0] = "y"
    inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 3, SIZE, SIZE])]
    outputs = [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["N", 5, SIZE, SIZE])]
    model = helper.make_model(
        helper.make_graph(graph.nodes, name, inputs, outputs, graph.initializers),
        opset_imports=[helper.make_opsetid("", opset)],
        producer_name="make_onnx_graphs.py",
        ir_version=7,
    )
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, str(out / f"{name}.onnx"))

    image = np.random.default_rng(5).standard_normal((2, 3, SIZE, SIZE)).astype("float32")
    map_ = F.relu(F.conv2d(torch.from_numpy(image), graph.numbers[stem], padding=1))
    gated = map_ * reference(map_.mean((2, 3)))[:, :, None, None]
    np.save(out / f"{name}.x.npy", image)
    np.save(out / f"{name}.y.npy", F.relu(F.conv2d(gated, graph.numbers[head])).numpy())
    facts = {
        "opset": opset,
        "batch": "N",
        "unfolded": False,
        "kind": kind,
        "gates": [None],
        "channels": [C],
        "gateParameters": of_gate,
        "parameters": graph.learned,
        "options": options,
    }
    (out / f"{name}.json").write_text(json.dumps(facts, indent=2) + "\n")
    print(name, (out / f"{name}.onnx").stat().st_size, "bytes")


write("keras-se-13", keras_dense, "se", 13, {"channels": M})
write("keras-hard-sigmoid-13", keras_hard_sigmoid, "se", 13, {"channels": M, "gate": "hard_sigmoid_0.2"})
write("keras-mobilenetv3-15", keras_mobilenet_v3, "se", 15, {"channels": M, "gate": "hard_sigmoid"})
write("paddle-se-11", paddle, "se", 11, {"channels": M, "gate": "hard_sigmoid_0.2"}, constants_as_nodes=True)
write("gemm-se-11", gemm, "se", 11, {"channels": M})
write("keras-eca-13", keras_eca, "eca", 13, {"kernel": 3})

"""One quantised layer in each form that ONNX allows (QDQ), with sums that saturate where they have 16 bits only.

python3 quantized_layers.py FOLDER      writes the files, and prints their names
"""

import itertools
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

INPUT, OUTPUT = 24, 10
node = helper.make_node

# The weights' sizes, their axis of outputs, attributes, and whether there is a bias.
LAYERS = {
    "conv": ("Conv", (OUTPUT, INPUT, 3, 3), 0, {"pads": [1, 1, 1, 1]}, True),
    "gemm-transposed": ("Gemm", (OUTPUT, INPUT), 0, {"transB": 1}, True),
    "gemm": ("Gemm", (INPUT, OUTPUT), 1, {}, True),
    "gemm-alpha": ("Gemm", (INPUT, OUTPUT), 1, {"alpha": 0.5, "beta": 2.0}, True),
    "matmul": ("MatMul", (INPUT, OUTPUT), 1, {}, False),
}


def weights(random, sizes, dtype, axis):
    """Whole numbers, their steps and zero points, for a tensor (axis None) or for each index of an axis."""
    shape = [1] * len(sizes)
    if axis is not None:
        shape[axis] = sizes[axis]
    scale = (0.01 * (1 + random.random(shape))).astype(np.float32)
    # Most of one sign, so that sums are large.
    whole = np.abs(random.standard_normal(sizes)) * 90
    if dtype == np.uint8:
        zero = random.integers(0, 40, shape)
        whole = np.clip(np.round(whole) + zero, 0, 255)
    else:
        zero = np.zeros(shape)
        whole = np.clip(np.round(whole - 20), -127, 127)
    flat = () if axis is None else (-1,)
    return whole.astype(dtype), scale.reshape(flat), zero.astype(dtype).reshape(flat)


def computed(operator, attributes, x, w, bias):
    """About what the layer gives, for the steps of its output."""
    if operator == "Conv":
        inner = np.lib.stride_tricks.sliding_window_view(np.pad(x, [(0, 0), (0, 0), (1, 1), (1, 1)]), (3, 3), axis=(2, 3))
        return np.einsum("nchwij,ocij->nohw", inner, w) + bias.reshape(-1, 1, 1)
    w = w.T if attributes.get("transB") else w
    return attributes.get("alpha", 1) * (x @ w) + attributes.get("beta", 1) * bias


def steps_of(numbers, dtype):
    low, high = numbers.min(), numbers.max()
    if dtype == np.int8:
        return np.float32(max(-low, high) / 127), np.int8(0)
    return np.float32((high - low) / 255), np.uint8(np.clip(np.round(-low / (high - low) * 255), 0, 255))


def made(layer, weight, axis, activation, seed):
    operator, sizes, output_axis, attributes, has_bias = LAYERS[layer]
    random = np.random.default_rng(seed)
    along = {"tensor": None, "output": output_axis, "input": 1 - output_axis}[axis]
    whole, scale, zero = weights(random, sizes, weight, along)
    tensors = {"w": whole, "w_scale": scale, "w_zero": zero}
    x = random.standard_normal((8, INPUT, 5, 5) if operator == "Conv" else (64, INPUT))
    tensors["x_scale"], tensors["x_zero"] = steps_of(x, activation)
    nodes = [node("QuantizeLinear", ["x", "x_scale", "x_zero"], ["x_q"])]
    nodes.append(node("DequantizeLinear", ["x_q", "x_scale", "x_zero"], ["x_dq"]))
    nodes.append(node("DequantizeLinear", ["w", "w_scale", "w_zero"], ["w_dq"], **({} if along is None else {"axis": along})))
    given, bias = ["x_dq", "w_dq"], np.zeros(OUTPUT)
    if has_bias:
        steps = scale * tensors["x_scale"] if axis != "input" else np.float32(0.0004)
        tensors |= {"b": random.integers(-4000, 4000, OUTPUT).astype(np.int32), "b_scale": steps.astype(np.float32)}
        bias = tensors["b"] * steps
        tensors |= {"b_zero": np.zeros(steps.shape, np.int32)}
        nodes.append(node("DequantizeLinear", ["b", "b_scale", "b_zero"], ["b_dq"], **({"axis": 0} if steps.ndim else {})))
        given.append("b_dq")
    nodes.append(node(operator, given, ["y0"], **attributes))
    along_weight = [-1 if i == along else 1 for i in range(len(sizes))]
    w = (whole - zero.reshape(along_weight).astype(np.float64)) * scale.reshape(along_weight)
    tensors["y_scale"], tensors["y_zero"] = steps_of(computed(operator, attributes, x, w, bias), activation)
    nodes.append(node("QuantizeLinear", ["y0", "y_scale", "y_zero"], ["y_q"]))
    nodes.append(node("DequantizeLinear", ["y_q", "y_scale", "y_zero"], ["y"]))
    places = [5, 5] if operator == "Conv" else []
    ends = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["N", channels, *places])
        for name, channels in (("x", INPUT), ("y", OUTPUT))
    ]
    initializers = [numpy_helper.from_array(np.asarray(a), name) for name, a in tensors.items()]
    graph = helper.make_graph(nodes, "g", ends[:1], ends[1:], initializers)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    return model


def main(folder):
    forms = itertools.product(LAYERS, (np.int8, np.uint8), ("tensor", "output", "input"), (np.uint8, np.int8))
    for seed, (layer, weight, axis, activation) in enumerate(forms):
        if layer == "matmul" and axis == "input":
            continue  # ONNX Runtime joins it with its steps, and then can't run what it made.
        name = f"{layer}-{weight.__name__}-{axis}-{activation.__name__}"
        onnx.save(made(layer, weight, axis, activation, seed), f"{folder}/{name}.onnx")
        print(name)


main(*sys.argv[1:])

"""Writes an ONNX file with the convolutions quantized as ONNX Runtime's QDQ format has them: python3 quantize_onnx.py IN OUT

Weights become int8 with one scale, in front of a DequantizeLinear; what a convolution reads passes QuantizeLinear and
DequantizeLinear with a scale of 1/32. Files of opsets before 10, which lack the operators, are converted to 11 first. The numbers are not good,
only the structure: every convolution is quantized.
"""

import sys

import numpy
import onnx
from onnx import helper, numpy_helper, version_converter

STEP = 1 / 32


def main(source, target):
    model = onnx.load(source)
    if model.opset_import[0].version < 10:
        model = version_converter.convert_version(model, 11)
    graph = model.graph
    constants = {
        node.output[0]: numpy_helper.to_array(node.attribute[0].t) for node in graph.node if node.op_type == "Constant"
    }
    constants.update({each.name: numpy_helper.to_array(each) for each in graph.initializer})
    graph.initializer.extend(
        [
            numpy_helper.from_array(numpy.array(STEP, numpy.float32), "step"),
            numpy_helper.from_array(numpy.array(0, numpy.int8), "zero"),
        ]
    )
    nodes, quantized = [], set()
    for node in graph.node:
        if node.op_type == "Conv" and node.input[1] in constants:
            x, w = node.input[0], node.input[1]
            if x not in quantized:
                quantized.add(x)
                nodes.append(helper.make_node("QuantizeLinear", [x, "step", "zero"], [f"{x}_q"]))
                nodes.append(helper.make_node("DequantizeLinear", [f"{x}_q", "step", "zero"], [f"{x}_dq"]))
            scale = numpy.float32(max(numpy.abs(constants[w]).max(), 1e-6) / 127)
            whole = numpy.round(constants[w] / scale).astype(numpy.int8)
            graph.initializer.append(numpy_helper.from_array(whole, f"{w}_q"))
            graph.initializer.append(numpy_helper.from_array(numpy.array(scale), f"{w}_scale"))
            nodes.append(helper.make_node("DequantizeLinear", [f"{w}_q", f"{w}_scale", "zero"], [f"{w}_dq"]))
            node.input[0], node.input[1] = f"{x}_dq", f"{w}_dq"
        nodes.append(node)
    read = {name for node in nodes for name in node.input}
    nodes = [node for node in nodes if node.op_type != "Constant" or node.output[0] in read]
    kept = [each for each in graph.initializer if each.name in read]
    copies = [onnx.NodeProto.FromString(node.SerializeToString()) for node in nodes]
    tensors = [onnx.TensorProto.FromString(each.SerializeToString()) for each in kept]
    del graph.node[:], graph.initializer[:], graph.value_info[:]
    graph.node.extend(copies)
    graph.initializer.extend(tensors)
    onnx.checker.check_model(model)
    onnx.save(model, target)


main(*sys.argv[1:])

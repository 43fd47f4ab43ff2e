"""What the files of the corpus are, by python3-onnx and by this script alone: nothing here is ecagen's.

    python3 scripts/corpus/oracle.py

Reads one JSON document per line and answers each with one.

{"do": "describe", "file": ...} gives whether onnx.checker and shape inference accept the file, its inputs, outputs, opset and nodes, whether a
node may give other numbers in each run, as a Dropout in training (draws), and how many numbers it holds:

    parameters  trainable scalars; buffers: running statistics of normalisations

{"do": "count", "file": ..., "sizes": {"name of an input": [sizes]}, "shapes": {"name of a value": [sizes]}} counts over the types of
onnx.shape_inference at the given sizes, or, where inference leaves a value open, the given shapes; those of a file that is made for several images
are for all of them, and of the counts one image's part is given:

    macs        multiply-accumulates of the nodes that read a tensor of the file, or what follows from such alone
    products    those of two computed tensors
    uncounted   how many nodes multiply, and have sizes that inference leaves open, by operator

Bodies of If (the larger one), Loop and Scan (each round) are counted where they are run, functions of the file's own where
they are called.

{"do": "expose", "file": ..., "into": ...} writes the file with every value of its graph as an output. {"do": "seed", "file": ..., "into": ...} writes it
with a seed for each node that draws numbers, which follows from the node's output's name. {"do": "branches", "file": ..., "values":
{"name of a value": [element type, sizes]}, "folder": ...} writes each branch of its Ifs as a model of its own, which reads the values that it captures as
inputs. {"do": "inputs", "file": ..., "sizes":
..., "data": a folder or null, "folder": ...} writes numbers for each input as .npy: those of the test data, or random ones.
{"do": "same", "file": ..., "other": ...} says whether two files hold the same network (same). {"do": "python", "file": ...} says whether a file is Python.
"""

import ast
import json
import pathlib
import sys
import zlib
from collections import Counter

import numpy
import onnx
from onnx import AttributeProto, TensorProto, helper, numpy_helper, shape_inference

FLOATS = (TensorProto.FLOAT, TensorProto.FLOAT16, TensorProto.DOUBLE, TensorProto.BFLOAT16)
WHOLE = (TensorProto.INT8, TensorProto.UINT8, TensorProto.INT32)

# Operators whose results are drawn anew in each run.
DRAWING = {"Bernoulli", "Multinomial", "RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike"}

# Which inputs are weights, for tensors that stand in Constant nodes, and for whole numbers.
WEIGHT_SLOTS = {
    "Conv": (1, 2), "ConvTranspose": (1, 2), "Gemm": (0, 1, 2), "MatMul": (0, 1), "PRelu": (1,),
    "BatchNormalization": (1, 2, 3, 4), "InstanceNormalization": (1, 2), "LayerNormalization": (1, 2),
    "LSTM": (1, 2, 3, 7), "GRU": (1, 2, 3), "RNN": (1, 2, 3),
    "Add": (0, 1), "Sub": (0, 1), "Mul": (0, 1), "Div": (0, 1),
}  # fmt: skip
WHOLE_SLOTS = {
    "DequantizeLinear": (0,), "ConvInteger": (0, 1), "MatMulInteger": (0, 1), "QLinearConv": (0, 3, 8),
    "QLinearMatMul": (0, 3),
}  # fmt: skip

# Inputs that say how, and are no weights though they may be lists of floating-point numbers.
ARGUMENT_SLOTS = {
    "Resize": (1, 2, 3), "Upsample": (1,), "OneHot": (1, 2), "QuantizeLinear": (1, 2), "DequantizeLinear": (1, 2),
    "QLinearConv": (1, 2, 4, 5, 6, 7), "QLinearMatMul": (1, 2, 4, 5, 6, 7), "ConvInteger": (2, 3), "MatMulInteger": (2, 3),
    "NonMaxSuppression": (2, 3, 4), "Pad": (1, 2), "Clip": (1, 2),
}  # fmt: skip


class Unknown(Exception):
    """Sizes that a count needs and inference leaves open."""


def product(sizes):
    total = 1
    for size in sizes:
        if size is None:
            raise Unknown
        total *= size
    return total


def attribute(node, name, default=None):
    for each in node.attribute:
        if each.name == name:
            return helper.get_attribute_value(each)
    return default


def convolution(node, sizes, weight=1):
    """Each element of the result is a sum over the kernel and the channels of one group."""
    return product(sizes(node.output[0])) * product(sizes(node.input[weight])[1:])


def transposed(node, sizes):
    """Each element of x is spread over the kernel and the output channels of its group."""
    return product(sizes(node.input[0])) * product(sizes(node.input[1])[1:])


def matmul(node, sizes, second=1):
    """As numpy.matmul: the inner size for each element of the result."""
    a, b = list(sizes(node.input[0])), list(sizes(node.input[second]))
    rows, inner = (a[-2] if len(a) > 1 else 1), a[-1]
    columns = b[-1] if len(b) > 1 else 1
    left, right = a[:-2], b[:-2]
    depth = max(len(left), len(right))
    left, right = [1] * (depth - len(left)) + left, [1] * (depth - len(right)) + right
    batch = [y if x == 1 else x for x, y in zip(left, right)]
    return product(batch) * product([rows, inner, columns])


def gemm(node, sizes):
    a, b = sizes(node.input[0]), sizes(node.input[1])
    rows, inner = reversed(a) if attribute(node, "transA", 0) else a
    columns = b[0] if attribute(node, "transB", 0) else b[1]
    return product([rows, inner, columns])


def recurrent(node, sizes):
    """For each step and image: the input weights and the recurrent ones, of each direction and gate."""
    x, w, r = sizes(node.input[0]), sizes(node.input[1]), sizes(node.input[2])
    return product(x[:2]) * (product(w) + product(r))


def einsum(node, sizes):
    """A loop over every letter; of one operand, nothing is multiplied."""
    if len(node.input) == 1:
        return 0
    if len(node.input) > 2:
        raise Unknown
    terms = attribute(node, "equation").decode().replace(" ", "").split("->")[0].split(",")
    spans = {}
    for term, name in zip(terms, node.input):
        dims = list(sizes(name))
        before, dots, after = term.partition("...")
        covered = len(dims) - len(before) - len(after)
        letters = list(before) + [f"...{covered - i}" for i in range(covered if dots else 0)] + list(after)
        for letter, size in zip(letters, dims):
            if size is None:
                raise Unknown
            spans[letter] = max(spans.get(letter, 1), size)
    return product(spans.values())


COUNTS = {
    "Conv": convolution,
    "ConvInteger": convolution,
    "QLinearConv": lambda node, sizes: convolution(node, sizes, 3),
    "DeformConv": convolution,
    "ConvTranspose": transposed,
    "MatMul": matmul,
    "MatMulInteger": matmul,
    "QLinearMatMul": lambda node, sizes: matmul(node, sizes, 3),
    "Gemm": gemm,
    "LSTM": recurrent,
    "GRU": recurrent,
    "RNN": recurrent,
    "Einsum": einsum,
}

# Which operands are multiplied, where others are only scales, zero points, biases or states.
FACTORS = {"QLinearConv": (0, 3), "QLinearMatMul": (0, 3), "LSTM": (0, 1, 2), "GRU": (0, 1, 2), "RNN": (0, 1, 2)}

# They multiply in ways that no size tells.
UNCOUNTABLE = {"STFT", "DFT"}


class Scope:
    """The nodes of a graph, a body or a function, with the types of what they read."""

    def __init__(self, model, constants, outer_functions, shapes=None):
        self.graph = model.graph
        self.shapes = shapes or {}
        self.functions = outer_functions
        self.version = {each.domain: each.version for each in model.opset_import}
        self.imports = list(model.opset_import)
        self.ir = model.ir_version
        try:
            self.typed = shape_inference.infer_shapes(model, data_prop=True).graph
        except Exception:  # python3-onnx has no rule for a newer operator; what is declared stays.
            self.typed = model.graph
        self.types = {}
        for info in [*self.typed.value_info, *self.typed.output, *self.typed.input]:
            self.types[info.name] = info.type
        self.tensors = {each.name: each for each in self.graph.initializer}
        self.sparse = {each.values.name: tuple(each.dims) for each in self.graph.sparse_initializer}
        for node in self.graph.node:
            if node.op_type == "Constant" and node.domain in ("", "ai.onnx"):
                value = constant_value(node)
                if value is not None:
                    self.tensors[node.output[0]] = value
        self.constant = set(self.tensors) | set(self.sparse) | set(constants)
        for node in self.graph.node:
            captured = captures(node)
            if node.op_type not in DRAWING and all(name in self.constant for name in [*node.input, *captured] if name):
                if node.op_type not in ("If", "Loop", "Scan") or not captured - self.constant:
                    self.constant.update(node.output)

    def sizes(self, name):
        if name in self.tensors:
            return list(self.tensors[name].dims)
        if name in self.sparse:
            return list(self.sparse[name])
        kind = self.types.get(name)
        dims = [None]
        if kind is not None and kind.HasField("tensor_type") and kind.tensor_type.HasField("shape"):
            dims = [dim.dim_value if dim.HasField("dim_value") else None for dim in kind.tensor_type.shape.dim]
            if None not in dims:
                return dims
        elif name not in self.shapes:
            raise Unknown
        return self.shapes.get(name, dims)


def constant_value(node):
    (only,) = node.attribute or [None]
    if only is None:
        return None
    if only.name == "value":
        return only.t
    if only.name in ("value_float", "value_floats"):
        return numpy_helper.from_array(numpy.array(helper.get_attribute_value(only), numpy.float32))
    if only.name in ("value_int", "value_ints"):
        return numpy_helper.from_array(numpy.array(helper.get_attribute_value(only), numpy.int64))
    return None


def bodies(node):
    return {each.name: each.g for each in node.attribute if each.type == AttributeProto.GRAPH}


def captures(node):
    """The names that a node's bodies read from around it."""
    names = set()
    for body in bodies(node).values():
        own = {each.name for each in [*body.input, *body.initializer]}
        for inner in body.node:
            names |= {name for name in inner.input if name and name not in own} | (captures(inner) - own)
            own |= set(inner.output)
        names |= {each.name for each in body.output} - own
    return names


class Total:
    def __init__(self):
        self.macs = 0
        self.products = 0
        self.uncounted = Counter()

    def add(self, other, times=1):
        self.macs += other.macs * times
        self.products += other.products * times
        self.uncounted.update(other.uncounted)


def count(scope):
    total = Total()
    for node in scope.graph.node:
        if not all(name in scope.constant for name in node.output if name):
            count_node(node, scope, total)
    return total


def count_node(node, scope, total):
    own = scope.functions.get((node.domain, node.op_type))
    name = node.op_type if node.domain in ("", "ai.onnx") else f"{node.domain}.{node.op_type}"
    if own is not None:
        total.add(count(function_scope(own, node, scope)))
    elif bodies(node):
        count_bodies(node, scope, total)
    elif name in COUNTS:
        try:
            macs = COUNTS[name](node, scope.sizes)
        except (Unknown, ValueError, IndexError):
            total.uncounted[name] += 1
            return
        factors = FACTORS.get(name, range(min(2, len(node.input))))
        if any(node.input[i] in scope.constant and scope.sizes(node.input[i]) for i in factors):
            total.macs += macs
        else:
            total.products += macs
    elif name in UNCOUNTABLE or "." in name and not name.startswith("ai.onnx.ml."):
        total.uncounted[name] += 1


def count_bodies(node, scope, total):
    inner = {name: count(body_scope(body, node, scope)) for name, body in bodies(node).items()}
    if node.op_type == "If":
        condition = scope.tensors.get(node.input[0])
        if condition is not None:
            taken = "then_branch" if numpy_helper.to_array(condition).item() else "else_branch"
            total.add(inner[taken])
            return
        larger = max(inner.values(), key=lambda each: each.macs + each.products)
        total.macs += larger.macs
        total.products += larger.products
        for each in inner.values():
            total.uncounted.update(each.uncounted)
        return
    (body,) = inner.values()
    if body.macs + body.products == 0 and not body.uncounted:
        return
    rounds = rounds_of(node, scope)
    if rounds is None or body.uncounted:
        total.uncounted[node.op_type] += 1
    else:
        total.add(body, rounds)


def rounds_of(node, scope):
    if node.op_type == "Scan" and scope.version.get("", 1) >= 9:
        scanned = attribute(node, "num_scan_inputs")
        axes = attribute(node, "scan_input_axes", [0] * scanned)
        try:
            return scope.sizes(node.input[len(node.input) - scanned])[axes[0]]
        except Unknown:
            return None
    if node.op_type == "Loop":
        trips = scope.tensors.get(node.input[0])
        body = attribute(node, "body")
        goes_on = body.output[0].name
        maker = next((each for each in body.node if goes_on in each.output), None)
        handed = maker is None or (maker.op_type == "Identity" and maker.input[0] == body.input[1].name)
        value = constant_value(maker) if maker is not None and maker.op_type == "Constant" else None
        always = handed or (value is not None and bool(numpy_helper.to_array(value).all()))
        condition = node.input[1] if len(node.input) > 1 else ""
        starts = not condition or (
            condition in scope.tensors and bool(numpy_helper.to_array(scope.tensors[condition]).all())
        )
        if trips is not None and always and starts:
            return int(numpy_helper.to_array(trips))
    return None


def hand_in(graph, own, given, scope, constants):
    """What a graph calls `own` is `given` around it: a tensor of the file, or an input of its type."""
    if given in scope.tensors:
        tensor = graph.initializer.add()
        tensor.CopyFrom(scope.tensors[given])
        tensor.name = own
    elif given in scope.types:
        graph.input.add(name=own).type.CopyFrom(scope.types[given])
    if given in scope.constant:
        constants.add(own)


def body_scope(body, node, scope):
    """A body as a graph: what it reads from around it is an input, or a tensor of the file."""
    graph = onnx.GraphProto()
    graph.CopyFrom(body)
    if node.op_type == "Loop":
        given = [None, None, *node.input[2:]]
        for info, name in zip(graph.input, given):
            if name is not None and name in scope.types:
                info.type.CopyFrom(scope.types[name])
    if node.op_type == "Scan":
        scanned = attribute(node, "num_scan_inputs")
        axes = attribute(node, "scan_input_axes", [0] * scanned)
        states = len(graph.input) - scanned
        for i, (info, name) in enumerate(zip(graph.input, node.input[-len(graph.input) :])):
            if name not in scope.types:
                continue
            info.type.CopyFrom(scope.types[name])
            if i >= states:
                del info.type.tensor_type.shape.dim[axes[i - states]]
    constants = set()
    for name in sorted(captures(node)):
        if name not in {each.name for each in graph.input}:
            hand_in(graph, name, name, scope, constants)
    return nested(graph, scope.imports, scope, constants)


def function_scope(function, node, scope):
    graph = onnx.GraphProto(name=function.name)
    constants = set()
    for own, given in zip(function.input, node.input):
        hand_in(graph, own, given, scope, constants)
    given = {each.name: each for each in node.attribute}
    for inner in function.node:
        copy = graph.node.add()
        copy.CopyFrom(inner)
        fill(copy, given)
    for name in function.output:
        graph.output.add(name=name)
    return nested(graph, function.opset_import, scope, constants)


def fill(node, given):
    """Attributes of the call, where the function's nodes refer to them."""
    kept = []
    for each in node.attribute:
        if not each.ref_attr_name:
            for inner in each.g.node:
                fill(inner, given)
            kept.append(each)
        elif each.ref_attr_name in given:
            filled = AttributeProto()
            filled.CopyFrom(given[each.ref_attr_name])
            filled.name = each.name
            kept.append(filled)
    kept = [AttributeProto.FromString(each.SerializeToString()) for each in kept]
    del node.attribute[:]
    node.attribute.extend(kept)


def nested(graph, imports, scope, constants):
    model = onnx.ModelProto(ir_version=scope.ir, graph=graph)
    model.opset_import.extend(imports)
    for function in scope.functions.values():
        model.functions.append(function)
    return Scope(model, constants, scope.functions, scope.shapes)


def every_graph(graph):
    yield graph
    for node in graph.node:
        for body in bodies(node).values():
            yield from every_graph(body)


def scalars(model):
    """Trainable scalars and running statistics of all graphs of a file, wherever they stand."""
    trainable, buffers = 0, 0
    everywhere = [
        *[(each.node, each.initializer, each.sparse_initializer) for each in every_graph(model.graph)],
        *[(each.node, [], []) for each in model.functions],
    ]
    reads = {}
    for nodes, _, _ in everywhere:
        for node in nodes:
            for slot, name in enumerate(node.input):
                reads.setdefault(name, []).append((node, slot))
    for nodes, initializers, sparse in everywhere:
        for tensor in initializers:
            role = role_of(tensor, reads.get(tensor.name, []), False)
            trainable += product(tensor.dims) * (role == "trainable")
            buffers += product(tensor.dims) * (role == "buffer")
        for each in sparse:
            trainable += product(each.dims)
        for node in nodes:
            value = constant_value(node) if node.op_type == "Constant" else None
            if value is None:
                continue
            role = role_of(value, reads.get(node.output[0], []), True)
            trainable += product(value.dims) * (role == "trainable")
            buffers += product(value.dims) * (role == "buffer")
    return trainable, buffers


def role_of(tensor, reads, is_constant):
    if not reads or len(tensor.dims) == 0 or (is_constant and product(tensor.dims) == 1):
        return "fixed"
    if tensor.data_type in WHOLE:
        whole = any(slot in WHOLE_SLOTS.get(node.op_type, ()) for node, slot in reads)
        return "trainable" if whole else "fixed"
    if tensor.data_type not in FLOATS:
        return "fixed"
    if any(node.op_type == "BatchNormalization" and slot in (3, 4) for node, slot in reads):
        return "buffer"
    if is_constant:
        weight = any(slot in WEIGHT_SLOTS.get(node.op_type, ()) for node, slot in reads)
        return "trainable" if weight else "fixed"
    argument = all(slot in ARGUMENT_SLOTS.get(node.op_type, ()) for node, slot in reads)
    return "fixed" if argument else "trainable"


def with_sizes(model, sizes):
    """The model with other sizes of its inputs, and no types but those that follow from them."""
    if not sizes:
        return
    del model.graph.value_info[:]
    for info in model.graph.input:
        if info.name in sizes:
            kind = info.type.tensor_type
            del kind.shape.dim[:]
            for size in sizes[info.name]:
                kind.shape.dim.add().dim_value = size
    for info in model.graph.output:
        if info.type.HasField("tensor_type"):
            info.type.tensor_type.ClearField("shape")


def has_steps_first(model, name):
    """Whether an input is the sequence of a recurrent layer: its second size is the batch."""
    return any(
        node.op_type in ("LSTM", "GRU", "RNN") and node.input[0] == name and attribute(node, "layout", 0) == 0
        for node in model.graph.node
    )


def inputs_of(model):
    held = {each.name for each in model.graph.initializer}
    return [
        {**info_of(each), "batch": 1 if has_steps_first(model, each.name) else 0}
        for each in model.graph.input
        if each.name not in held
    ]


def fixed_batch(model):
    """How many images the file is made for, where that is fixed: a first size that its first output has, too."""
    given = next((each for each in inputs_of(model) if each["dims"] and len(each["dims"]) > 1), None)
    result = (info_of(model.graph.output[0])["dims"] if model.graph.output else None) or [None]
    size = given and given["dims"][given["batch"]]
    return size if isinstance(size, int) and (size == result[0] or given["batch"] == 1) else None


def info_of(each):
    kind = each.type.tensor_type
    dims = [dim.dim_value if dim.HasField("dim_value") else dim.dim_param for dim in kind.shape.dim]
    return {"name": each.name, "type": kind.elem_type, "dims": dims if kind.HasField("shape") else None}


def judged(check):
    try:
        check()
        return None
    except Exception as error:
        return f"{type(error).__name__}: {error}"[:300]


def draws(nodes):
    """Whether something among nodes or in their bodies gives other numbers in each run."""
    return any(
        node.op_type in DRAWING
        or (node.op_type == "Dropout" and (len(node.input) > 2 or not attribute(node, "is_test", 1)))
        or any(draws(body.node) for body in bodies(node).values())
        for node in nodes
    )


def describe(file):
    model = onnx.load(file)
    trainable, buffers = scalars(model)
    return {
        "checker": judged(lambda: onnx.checker.check_model(file)),
        "inference": judged(lambda: shape_inference.infer_shapes(model, strict_mode=True, data_prop=True)),
        "opset": next((each.version for each in model.opset_import if each.domain in ("", "ai.onnx")), None),
        "nodes": len(model.graph.node),
        "draws": draws([*model.graph.node, *(node for each in model.functions for node in each.node)]),
        "inputs": inputs_of(model),
        "outputs": [info_of(each) for each in model.graph.output],
        "parameters": trainable,
        "buffers": buffers,
    }


def macs(file, sizes, shapes):
    model = onnx.load(file)
    functions = {(each.domain, each.name): each for each in model.functions}
    batch = fixed_batch(model)
    total = Total()
    if batch is not None and batch > 1:
        total.add(count(Scope(model, (), functions, shapes)))
    if total.macs % (batch or 1) or total.products % (batch or 1) or not (total.macs or total.products):
        # No batch, or an open one, or parts that are there once for all images.
        with_sizes(model, sizes)
        total, batch = count(Scope(model, (), functions, shapes)), 1
    batch = batch or 1
    return {
        "macs": total.macs // batch,
        "products": total.products // batch,
        "images": batch,
        "uncounted": dict(total.uncounted),
    }


def expose(file, into):
    model = onnx.load(file)
    known = {each.name for each in model.graph.output}
    for node in model.graph.node:
        for name in node.output:
            if name and name not in known:
                model.graph.output.add(name=name)
                known.add(name)
    onnx.save(model, into)
    return {}


def seed(file, into):
    model = onnx.load(file)
    for graph in every_graph(model.graph):
        for node in graph.node:
            if not draws([node]) or bodies(node):
                continue
            number = zlib.crc32(node.output[0].encode()) % (1 << 16)
            kept = [each for each in node.attribute if each.name != "seed"]
            del node.attribute[:]
            seeds = helper.make_attribute("seed", number if node.op_type == "Dropout" else float(number))
            node.attribute.extend([*kept, seeds])
    onnx.save(model, into)
    return {}


def branches(file, values, folder):
    """The files of the branches, which are run on what a run of the file around them gives: inference knows few sizes in them."""
    model = onnx.load(file)
    scope = Scope(model, (), {(each.domain, each.name): each for each in model.functions})
    for name, (kind, dims) in values.items():
        scope.types[name] = helper.make_tensor_type_proto(kind, dims)
    files = []
    for node in model.graph.node:
        for body in bodies(node).values() if node.op_type == "If" else ():
            inner = body_scope(body, node, scope)
            own = onnx.ModelProto(ir_version=scope.ir, graph=inner.graph)
            own.opset_import.extend(scope.imports)
            own.functions.extend(model.functions)
            files.append(str(pathlib.Path(folder) / f"branch-{len(files)}.onnx"))
            onnx.save(own, files[-1])
    return {"files": files}


def tensor_of(path):
    """A tensor of ONNX's test data; None for a sequence, an optional value, or elements that numpy lacks."""
    try:
        tensor = TensorProto.FromString(path.read_bytes())
        return numpy_helper.to_array(tensor) if tensor.data_type not in (0, TensorProto.BFLOAT16) else None
    except Exception:
        return None


def random_array(info, dims, random):
    dtype = helper.mapping.TENSOR_TYPE_TO_NP_TYPE[info.type.tensor_type.elem_type]
    if dtype.kind == "f":
        return random.standard_normal(dims).astype(dtype)
    if dtype.kind == "b":
        return numpy.ones(dims, dtype)
    return random.integers(0, 3, dims).astype(dtype)


def inputs(file, sizes, data, folder, values=None):
    """The files of numbers for each input, by name, and of the expected outputs; None where there is nothing to give."""
    model = onnx.load(file, load_external_data=False)
    held = {each.name for each in model.graph.initializer}
    random = numpy.random.default_rng(1)
    given = {}
    for i, info in enumerate(each for each in model.graph.input if each.name not in held):
        if values and info.name in values:
            dtype = helper.mapping.TENSOR_TYPE_TO_NP_TYPE[info.type.tensor_type.elem_type]
            array = numpy.array(values[info.name], dtype)
        elif data is not None:
            array = tensor_of(pathlib.Path(data) / f"input_{i}.pb")
        elif info.name in sizes and info.type.HasField("tensor_type"):
            array = random_array(info, sizes[info.name], random)
        else:
            array = None
        if array is None or array.dtype.kind not in "fiub":
            return {"inputs": None, "expected": []}
        given[info.name] = str(pathlib.Path(folder) / f"input-{i}.npy")
        numpy.save(given[info.name], array)
    expected = []
    for i, _ in enumerate(model.graph.output if data is not None else []):
        array = tensor_of(pathlib.Path(data) / f"output_{i}.pb")
        if array is None or array.dtype.kind not in "fiub":
            expected.append(None)
        else:
            expected.append(str(pathlib.Path(folder) / f"expected-{i}.npy"))
            numpy.save(expected[-1], array)
    return {"inputs": given, "expected": expected}


def same(file, other):
    """Whether two files are one network, byte for byte: the graph with its tensors, functions and operator sets."""
    a, b = onnx.load(file), onnx.load(other)
    for model in (a, b):
        for field in ("ir_version", "producer_name", "producer_version", "domain", "model_version", "doc_string", "metadata_props"):
            model.ClearField(field)
    return {"same": a.SerializeToString(deterministic=True) == b.SerializeToString(deterministic=True)}


def python(file):
    ast.parse(pathlib.Path(file).read_text())
    return {}


ANSWERS = {"describe": describe, "count": macs, "expose": expose, "seed": seed, "branches": branches, "inputs": inputs, "python": python, "same": same}


def main():
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = ANSWERS[request.pop("do")](**request)
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()

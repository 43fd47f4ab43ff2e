"""Trains networks of ONNX files for two steps, to see whether gates that ecagen put into them learn.

    onnx_torch.py CASE.json      a list of {"file", "shape", "values"}: the model, the sizes of its input, and a file of its float32 numbers

Prints JSON: for each the gates without a gradient at the start, and the parameters that two steps of SGD don't move. It knows the
operators of image networks alone, computes in float64, and uses running statistics as they are.
"""

import json
import sys

import numpy as np
import onnx
import torch
import torch.nn.functional as F
from onnx import numpy_helper


def attributes(node):
    return {each.name: onnx.helper.get_attribute_value(each) for each in node.attribute}


def pads_of(a, rank):
    pads = a.get("pads", [0] * (2 * rank))
    return [each for i in reversed(range(rank)) for each in (pads[i], pads[i + rank])]


def conv(a, x, w, b=None):
    rank = w.dim() - 2
    x = F.pad(x, pads_of(a, rank))
    run = F.conv1d if rank == 1 else F.conv2d
    return run(x, w, b, a.get("strides", [1] * rank), 0, a.get("dilations", [1] * rank), a.get("group", 1))


def conv_transpose(a, x, w, b=None):
    pads = a.get("pads", [0, 0, 0, 0])
    extra = a.get("output_padding", [0, 0])
    return F.conv_transpose2d(x, w, b, a.get("strides", [1, 1]), pads[:2], extra, a.get("group", 1))


def pool(run, value):
    def pooled(a, x):
        x = F.pad(x, pads_of(a, 2), value=value)
        return run(x, a["kernel_shape"], a.get("strides", [1, 1]), ceil_mode=bool(a.get("ceil_mode", 0)))

    return pooled


def resize(a, x, *more):
    sizes = more[-1] if len(more) == 3 else None
    if sizes is not None and sizes.numel() > 0:
        return F.interpolate(x, size=[int(each) for each in sizes[2:]], mode="nearest")
    scales = more[1] if len(more) > 1 else more[0]
    return F.interpolate(x, scale_factor=[float(each) for each in scales[2:]], mode="nearest")


def reduced(run):
    def reduce(a, x, axes=None):
        over = a.get("axes") if axes is None else [int(each) for each in axes]
        return run(x, over if over is not None else list(range(x.dim())), bool(a.get("keepdims", 1)))

    return reduce


def sliced(a, x, *more):
    starts, ends, axes, steps = [[int(v) for v in each] for each in more] + [None] * (4 - len(more)) if more else (
        a["starts"],
        a["ends"],
        a.get("axes"),
        None,
    )
    axes = list(range(len(starts))) if axes is None else axes
    index = [slice(None)] * x.dim()
    for i, axis in enumerate(axes):
        index[axis] = slice(starts[i], ends[i], steps[i] if steps else 1)
    return x[tuple(index)]


def reshape(a, x, shape):
    sizes = [x.shape[i] if int(each) == 0 else int(each) for i, each in enumerate(shape)]
    return x.reshape(sizes)


def normed(a, x, scale, shift, mean, variance):
    return F.batch_norm(x, mean.detach(), variance.detach(), scale, shift, False, 0.0, a.get("epsilon", 1e-5))


def clip(a, x, low=None, high=None):
    low = a.get("min") if low is None else float(low)
    high = a.get("max") if high is None else float(high)
    return x.clamp(low, high)


def gemm(a, x, w, b=None):
    x = x.T if a.get("transA") else x
    y = a.get("alpha", 1.0) * (x @ (w.T if a.get("transB") else w))
    return y if b is None else y + a.get("beta", 1.0) * b


OPERATORS = {
    "Conv": conv,
    "ConvTranspose": conv_transpose,
    "BatchNormalization": normed,
    "Add": lambda a, x, y: x + y,
    "Sub": lambda a, x, y: x - y,
    "Mul": lambda a, x, y: x * y,
    "Div": lambda a, x, y: x / y if x.is_floating_point() else x // y,
    "Pow": lambda a, x, y: x**y,
    "Sqrt": lambda a, x: x.sqrt(),
    "Relu": lambda a, x: x.relu(),
    "Sigmoid": lambda a, x: x.sigmoid(),
    "HardSigmoid": lambda a, x: (a.get("alpha", 0.2) * x + a.get("beta", 0.5)).clamp(0, 1),
    "HardSwish": lambda a, x: x * (x / 6 + 0.5).clamp(0, 1),
    "Clip": clip,
    "Softmax": lambda a, x: x.softmax(a.get("axis", -1)),
    "GlobalAveragePool": lambda a, x: x.mean(list(range(2, x.dim())), keepdim=True),
    "GlobalMaxPool": lambda a, x: x.amax(list(range(2, x.dim())), keepdim=True),
    "AveragePool": pool(F.avg_pool2d, 0.0),
    "MaxPool": pool(F.max_pool2d, -float("inf")),
    "ReduceMean": reduced(lambda x, over, keep: x.mean(over, keepdim=keep)),
    "ReduceMax": reduced(lambda x, over, keep: x.amax(over, keepdim=keep)),
    "Concat": lambda a, *each: torch.cat(each, a["axis"]),
    "Slice": sliced,
    "Reshape": reshape,
    "Flatten": lambda a, x: x.flatten(a.get("axis", 1)) if a.get("axis", 1) == 1 else x.reshape(1, -1),
    "Transpose": lambda a, x: x.permute(a["perm"]),
    "Squeeze": lambda a, x, axes=None: x.squeeze(int((a.get("axes") or axes)[0])),
    "Unsqueeze": lambda a, x, axes=None: x.unsqueeze(int((a.get("axes") or axes)[0])),
    "Shape": lambda a, x: torch.tensor(list(x.shape)),
    "Cast": lambda a, x: x.long() if a["to"] in (6, 7) else x.double() if x.is_floating_point() or a["to"] == 1 else x,
    "MatMul": lambda a, x, y: x @ y,
    "Gemm": gemm,
    "Identity": lambda a, x: x,
    "Resize": resize,
}


def tensor(proto):
    array = torch.from_numpy(np.array(numpy_helper.to_array(proto)))
    return array.double() if array.is_floating_point() else array


def run(model, values):
    values = dict(values)
    for node in model.graph.node:
        a = attributes(node)
        if node.op_type == "Constant":
            values[node.output[0]] = tensor(a["value"])
            continue
        read = [values[name] if name else None for name in node.input]
        values[node.output[0]] = OPERATORS[node.op_type](a, *read)
    return values[model.graph.output[0].name]


def check(case):
    torch.manual_seed(1)
    model = onnx.load(case["file"])
    weights = {each.name: tensor(each) for each in model.graph.initializer}
    for each in weights.values():
        if each.is_floating_point():
            each.requires_grad_(True)
    ends = (".weight", ".bias")
    new = {name: each for name, each in weights.items() if "inserted" in name and name.endswith(ends)}
    before = {name: each.detach().clone() for name, each in new.items()}
    names = [each.name for each in model.graph.input if each.name not in weights]
    x = torch.from_numpy(np.fromfile(case["values"], dtype=np.float32).reshape(case["shape"])).double()
    optimizer = torch.optim.SGD([each for each in weights.values() if each.requires_grad], lr=1.0)
    target, gates = None, {}
    for step in range(2):
        optimizer.zero_grad()
        output = run(model, {**weights, names[0]: x})
        target = torch.rand_like(output) if target is None else target
        (output - target).square().mean().backward()
        for name, each in new.items() if step == 0 else ():
            gate = name[: name.rindex("inserted")]
            gates[gate] = gates.get(gate, 0.0) + (0.0 if each.grad is None else each.grad.abs().sum().item())
        if step == 0:
            # A step of the same length in every network, however large its gradients are.
            trained = [each.grad for each in weights.values() if each.grad is not None]
            length = sum(each.square().sum().item() for each in trained) ** 0.5
            optimizer.param_groups[0]["lr"] = 0.001 / length
        optimizer.step()
    return {
        "without_gradient": [gate for gate, size in gates.items() if not size > 0.0],
        "parameters": len(new),
        "unmoved": [name for name, each in new.items() if bool((each.detach() == before[name]).all())],
    }


if __name__ == "__main__":
    with open(sys.argv[1]) as file:
        print(json.dumps([check(case) for case in json.load(file)]))

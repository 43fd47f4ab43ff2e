"""The stages of torchvision's classifiers, from their module trees, and their ONNX files.

    python3 scripts/torchvision/stages.py --list
    python3 scripts/torchvision/stages.py FOLDER NETWORK...

The first prints the names of all networks. The second writes FOLDER/NETWORK.onnx and FOLDER/NETWORK.json for each. The JSON
has the stages in the order in which a run comes by them: how many blocks each has, the channels and the side of the map
that leaves it. A block is a module of one of the classes below, or a convolution of a network that has none of them. A stage begins where the map shrinks or the width changes,
but in networks that widen with each block: there only where the map shrinks. Weights are not initialised; large ones are
left out of the files, which refer to a sparse file beside them.
"""

import json
import pathlib
import sys
import tempfile
import warnings

import onnx
import torch
from exporting import export, published
from onnx.external_data_helper import load_external_data_for_tensor, uses_external_data
from torchvision import models

# Classes of blocks by name. Those that only stand around others, as a stage does, are left out.
BLOCKS = {
    "BasicBlock", "Bottleneck", "ResBottleneckBlock", "InvertedResidual", "_InvertedResidual", "MBConv", "FusedMBConv",
    "CNBlock", "_DenseLayer", "Fire", "Inception", "InceptionA", "InceptionB", "InceptionC", "InceptionD", "InceptionE",
    "SwinTransformerBlock", "SwinTransformerBlockV2", "EncoderBlock", "MaxVitLayer",
}
WIDENING = ("densenet", "squeezenet", "googlenet", "inception")
# Rows of convolutions, each of which is a block, but the first one, which is the stem.
ROWS = ("alexnet", "vgg")
LARGE = 4096


def side_of(name):
    """The smallest side that a network takes, or that PyTorch exports."""
    if name.startswith(("vgg", "alexnet", "maxvit")):
        return 224
    return {"inception_v3": 96, "vit_h_14": 56}.get(name, 64)


def sizes(tensor, name):
    """Channels and side of what a module gives; tokens have no side."""
    shape = list(tensor.shape)
    if len(shape) == 3:
        return shape[2], None
    if name.startswith("swin"):
        return shape[3], shape[1]
    return shape[1], shape[2]


def blocks_of(model, name, image):
    """Channels and side of what each block gives, in the order of the run."""
    found = []

    def seen(module, inputs, output):
        kind = type(module).__name__
        if name.startswith(ROWS) and kind == "Conv2d":
            found.append(sizes(output, name))
        if kind not in BLOCKS or (kind == "MBConv" and name.startswith("maxvit")):
            return
        channels, side = sizes(output, name)
        # A dense layer's result is put beside all that it reads.
        read = sum(each.shape[1] for each in inputs[0]) if kind == "_DenseLayer" else 0
        found.append((read + channels, side))

    handles = [module.register_forward_hook(seen) for module in model.modules()]
    # The depthwise layer and its projection that MNASNet has before its stacks are a block without a class.
    if name.startswith("mnasnet"):
        handles.append(model.layers[7].register_forward_hook(lambda _m, _i, out: found.append(sizes(out, name))))
    with torch.no_grad():
        model(image)
    for handle in handles:
        handle.remove()
    return found[1:] if name.startswith(ROWS) else found


def stages_of(blocks, name):
    stages = []
    widens = name.startswith(WIDENING)
    before = None
    for channels, side in blocks:
        starts = before is None or side != before[1] or (not widens and channels != before[0])
        if starts:
            stages.append({"blocks": 0})
        stages[-1].update(blocks=stages[-1]["blocks"] + 1, channels=channels, side=side)
        before = (channels, side)
    return stages


def without_large(path, target):
    """Writes a model with its large tensors in a sparse file, whose numbers are zeros."""
    model = onnx.load(path, load_external_data=False)
    data = target.with_suffix(".onnx.data")
    at = 0
    for tensor in model.graph.initializer:
        count = 1
        for size in tensor.dims:
            count *= size
        if count < LARGE:
            if uses_external_data(tensor):
                load_external_data_for_tensor(tensor, str(path.parent))
                tensor.data_location = onnx.TensorProto.DEFAULT
                del tensor.external_data[:]
            continue
        length = 4 * count if tensor.data_type == onnx.TensorProto.FLOAT else 8 * count
        for field in ("raw_data", "float_data", "int64_data"):
            tensor.ClearField(field)
        del tensor.external_data[:]
        tensor.data_location = onnx.TensorProto.EXTERNAL
        for key, value in (("location", data.name), ("offset", at), ("length", length)):
            entry = tensor.external_data.add()
            entry.key, entry.value = key, str(value)
        at += length
    with open(data, "wb") as file:
        file.truncate(at)
    onnx.save(model, str(target))


def export_zero():
    """PyTorch 1.13 has no export of a slice that is set to zero, as Swin V2 does with a part of a bias."""
    zeros = torch.onnx.symbolic_opset9.zeros_like
    torch.onnx.register_custom_op_symbolic("aten::zero", lambda g, tensor: zeros(g, tensor), 16)


def uninitialised():
    for function in ("kaiming_normal_", "kaiming_uniform_", "xavier_uniform_", "trunc_normal_", "normal_", "uniform_"):
        setattr(torch.nn.init, function, lambda tensor, *_args, **_options: tensor)


def main():
    names = models.list_models(models)
    if sys.argv[1:] == ["--list"]:
        print("\n".join(names))
        return
    folder, wanted = pathlib.Path(sys.argv[1]), sys.argv[2:] or names
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    uninitialised()
    export_zero()
    for name in wanted:
        side, target = side_of(name), folder / f"{name}.onnx"
        model, image = published(name, side).eval(), torch.randn(1, 3, side, side)
        (folder / f"{name}.json").write_text(json.dumps(stages_of(blocks_of(model, name, image), name)))
        if target.exists():
            continue
        # With gradients on, PyTorch takes no short cut through an operator that ONNX lacks.
        with tempfile.TemporaryDirectory() as scratch:
            path = pathlib.Path(scratch) / "network.onnx"
            why = export(model, image, path, 16)
            if why is not None:
                print(f"{name}: {why}", file=sys.stderr)
                continue
            without_large(path, target)


main()

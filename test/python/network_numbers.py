"""Makes test/data/network-numbers/*.json: what networks of torchvision and timm compute with numbers that a formula gives.

    python3 test/python/network_numbers.py test/data/network-numbers [SPEC...]

Needs torch and torchvision (Debian's python3-torchvision will do), and timm for those of timm.
"""

import json
import pathlib
import sys
from unittest import mock

import numpy as np
import torch
from torch import nn
from torch.overrides import TorchFunctionMode

# The spec's name: the library, its name there, the side of the image, options; `shortcut`: what blocks there call the shortcut that
# they compute first, where ecagen does it last; `products`: whether their products of two computed tensors are ecagen's
# (EfficientViT's sum the shares by products with ones).
NETWORKS = {
    "inception-v3": ("torchvision", "inception_v3", 91, dict(aux_logits=False, init_weights=False, transform_input=False)),
    "shufflenetv2-100": ("torchvision", "shufflenet_v2_x1_0", 64, {}),
    "densenet-121": ("torchvision", "densenet121", 64, {}),
    "convnext-tiny": ("torchvision", "convnext_tiny", 64, {}),
    "regnety-400mf": ("torchvision", "regnet_y_400mf", 64, dict(shortcut="proj")),
    "rexnet-100": ("timm", "rexnet_100", 64, {}),
    "ghostnet-100": ("timm", "ghostnet_100", 64, {}),
    "res2net50-26w-4s": ("timm", "res2net50_26w_4s", 64, {}),
    "hrnet-w18-small": ("timm", "hrnet_w18_small", 64, {}),
    "lcnet-100": ("timm", "lcnet_100", 64, {}),
    "fbnetv3-b": ("timm", "fbnetv3_b", 64, {}),
    "mobilenetv4-conv-small": ("timm", "mobilenetv4_conv_small", 64, {}),
    "tresnet-m": ("timm", "tresnet_m", 64, dict(shortcut="downsample")),
    "repvgg-a0": ("timm", "repvgg_a0", 64, {}),
    "mobileone-s0": ("timm", "mobileone_s0", 64, {}),
    "eca-nfnet-l0": ("timm", "eca_nfnet_l0", 64, dict(shortcut="downsample")),
    "retinanet-resnet50-fpn": ("detection", "retinanet_resnet50_fpn", 64, {}),
    "retinanet-resnet50-fpn-v2": ("detection", "retinanet_resnet50_fpn_v2", 64, {}),
    "fcos-resnet50-fpn": ("detection", "fcos_resnet50_fpn", 64, {}),
    "fcos-resnet50-fpn-boxes": ("boxes", "fcos_resnet50_fpn", 128, {}),
    "ir-se50": ("papers", "ir_se50", 112, dict(side=112)),
    "unet-scse": ("papers", "unet_scse", 32, {}),
    "mobilevit-xs": ("timm", "mobilevit_xs", 64, {}),
    "efficientvit-b0": ("timm", "efficientvit_b0", 64, dict(products=False)),
    "ecapa-tdnn-1024": ("papers", "ecapa_tdnn", 48, dict(channels=1024)),
    "ecapa-tdnn-512": ("papers", "ecapa_tdnn", 48, dict(channels=512)),
}
SPECS = pathlib.Path(__file__).parents[2] / "specs"
NORMS = (nn.modules.batchnorm._BatchNorm, nn.LayerNorm, nn.GroupNorm)


def numbers(count, seed):
    """`count` numbers of [-1, 1): a multiplicative hash of their places. The test has the same formula."""
    with np.errstate(over="ignore"):
        x = (np.arange(count, dtype=np.uint32) + np.uint32(1)) * np.uint32(2654435761)
        x += np.uint32((seed * 40503 + 12345) % 2**32)
        x ^= x >> np.uint32(15)
        x *= np.uint32(2246822519)
        x ^= x >> np.uint32(13)
    return x.astype(np.float64) / 2**31 - 1


def fill(module, name, tensor, seed):
    values = numbers(tensor.numel(), seed)
    if name in ("running_var", "gain") or (name == "weight" and isinstance(module, NORMS)):
        values = 1 + values / 2
    elif tensor.numel() > tensor.shape[0]:
        values = values * np.sqrt(6 / (tensor.numel() / tensor.shape[0]))
    else:
        values = values * 0.3
    tensor.copy_(torch.from_numpy(values.reshape(tensor.shape)))


class RawDetector(nn.Module):
    """What a one-stage detector of torchvision computes before it decodes boxes: the outputs of its head, in their order."""

    def __init__(self, model):
        super().__init__()
        self.backbone, self.head = model.backbone, model.head

    def forward(self, image):
        return list(self.head(list(self.backbone(image).values())).values())


class Detector(nn.Module):
    """Boxes, scores and labels of a one-stage detector of torchvision, for an image as its backbone takes it."""

    def __init__(self, model):
        super().__init__()
        self.backbone, self.head = model.backbone, model.head
        # Not as a module of this one, which has its parts already.
        self.decoding = [model]

    def forward(self, image):
        from torchvision.models.detection.image_list import ImageList

        [model], sides = self.decoding, tuple(image.shape[2:])
        features = list(self.backbone(image).values())
        counts = [each.shape[2] * each.shape[3] for each in features]
        said = {name: list(each.split(counts, 1)) for name, each in self.head(features).items()}
        anchors = model.anchor_generator(ImageList(image, [sides]), features)
        [found] = model.postprocess_detections(said, [list(each.split(counts)) for each in anchors], [sides])
        return [found["boxes"], found["scores"], found["labels"].double()]


def made(library, name, options):
    if library in ("detection", "boxes"):
        import torchvision

        model = getattr(torchvision.models.detection, name)(weights=None, weights_backbone=None, **options)
        kind = Detector if library == "boxes" else RawDetector
        return f"torchvision {torchvision.__version__}", kind(model.eval())
    if library == "timm":
        import timm

        return f"timm {timm.__version__}", timm.create_model(name, **options)
    if library == "papers":
        import paper_networks

        return "test/python/paper_networks.py", paper_networks.NETWORKS[name](**options)
    import torchvision

    return f"torchvision {torchvision.__version__}", getattr(torchvision.models, name)(weights=None, **options)


def in_order(model, image, shortcut):
    """The tensors of a model, in the order in which its modules are done."""
    order = {}
    kept = {id(tensor) for tensor in model.state_dict(keep_vars=True).values()}
    paths = {module: path for path, module in model.named_modules()}

    def note(module, _inputs, _output):
        own = {**dict(module.named_parameters(recurse=False)), **dict(module.named_buffers(recurse=False))}
        # What becomes of the weights comes before the bias is added.
        for key, tensor in sorted(own.items(), key=lambda item: item[0] == "bias" and "gain" in own):
            if tensor.dim() > 0 and id(tensor) in kept:
                order.setdefault(id(tensor), (module, key, tensor))

    handles = [module.register_forward_hook(note) for module in model.modules()]
    model(image)
    for handle in handles:
        handle.remove()
    tensors = list(order.values())
    if shortcut is None:
        return tensors
    # Block by block, what is in the shortcut comes after what isn't.
    owners = {path.partition(f".{shortcut}.")[0] for path in paths.values() if f".{shortcut}." in path}
    blocks = {}
    for each in tensors:
        path = paths[each[0]]
        owner = next((owner for owner in owners if path.startswith(f"{owner}.")), path)
        block = blocks.setdefault(owner, ([], []))
        block[1 if path.startswith(f"{owner}.{shortcut}.") else 0].append(each)
    return [each for block in blocks.values() for part in block for each in part]


def macs_of(model, shape):
    """Multiply-accumulates of convolutions and linear layers for one image, or one signal."""
    total = 0

    def count(module, inputs, output):
        nonlocal total
        if isinstance(module, nn.Linear):
            total += output.numel() * module.in_features
        elif isinstance(module, nn.modules.conv._ConvTransposeNd):
            total += inputs[0].numel() * module.weight[0].numel()
        elif isinstance(module, nn.modules.conv._ConvNd):
            total += output.numel() * module.weight[0].numel()

    handles = [module.register_forward_hook(count) for module in model.modules()]
    model(torch.zeros(1, *shape))
    for handle in handles:
        handle.remove()
    return total


def products_of(model, shape):
    """Multiply-accumulates of matrix products of two computed tensors, for one image."""
    total = 0

    class Counted(TorchFunctionMode):
        def __torch_function__(self, function, types, args=(), kwargs=None):
            nonlocal total
            result = function(*args, **(kwargs or {}))
            if function in (torch.matmul, torch.Tensor.matmul, torch.Tensor.__matmul__):
                total += result.numel() * args[0].shape[-1]
            return result

    with Counted():
        model(torch.zeros(1, *shape))
    return total


def shape_of(spec, side=None):
    """Channels and sides of a spec's input, or with sides of that size."""
    written = json.loads((SPECS / f"{spec}.json").read_text())
    while "input" not in written:
        written = json.loads((SPECS / written["extends"]).read_text())
    given = written["input"]
    keys = ["length"] if "length" in given else ["height", "width"]
    return (given.get("channels", 3), *(side or given[key] for key in keys))


@torch.no_grad()
def write(folder, spec):
    library, name, side, options = NETWORKS[spec]
    shortcut, comparable = options.get("shortcut"), options.get("products", True)
    options = {key: value for key, value in options.items() if key not in ("shortcut", "products")}
    source, model = made(library, name, options)
    model = model.eval()
    parameters = sum(parameter.numel() for parameter in model.parameters())
    macs = macs_of(model, shape_of(spec))
    products = products_of(model, shape_of(spec))
    model = model.double()
    shape = shape_of(spec, side)
    image = torch.from_numpy(numbers(int(np.prod(shape)), 99999).reshape(1, *shape))
    tensors = in_order(model, image, shortcut)
    raised = []
    for seed, (module, key, tensor) in enumerate(tensors):
        fill(module, key, tensor, seed)
        # Distances that are mostly positive: boxes with an area.
        if library == "boxes" and (module, key) == (model.head.regression_head.bbox_reg, "bias"):
            tensor += 2
            raised.append(seed)
    # EfficientViT makes float32 of its products' operands, whatever they are.
    with mock.patch.object(torch.Tensor, "float", lambda tensor: tensor):
        outputs = model(image)
    logits = outputs[0].flatten()
    # Of a detector numbers of all places, of each output; of what it finds all of them.
    sampled = [each.flatten()[:: each.numel() // 40][:40] for each in outputs] if library == "detection" else []
    sampled = [each.flatten() for each in outputs] if library == "boxes" else sampled
    numbers_of = {
        "source": f"{source}, {name}, float64",
        "parameters": parameters,
        "macs": macs,
        **({} if products == 0 else {"productMacs": products if comparable else None}),
        "side": side,
        "tensors": len(tensors),
        **({"raised": raised} if raised else {}),
        "deviation": logits.std().item(),
        "logits": logits[:40].tolist(),
    }
    if sampled:
        numbers_of["outputs"] = [
            {"size": whole.numel(), "deviation": whole.std().item(), "numbers": each.tolist()}
            for whole, each in zip(outputs, sampled)
        ]
    (folder / f"{spec}.json").write_text(json.dumps(numbers_of, indent=1) + "\n")


if __name__ == "__main__":
    for each in sys.argv[2:] or NETWORKS:
        write(pathlib.Path(sys.argv[1]), each)

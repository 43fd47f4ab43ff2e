"""Networks of torchvision with weights that are worth a comparison, and their ONNX files: what the scripts of this folder share."""

import torch
import torchvision.models as models
from torch import nn
from torch.onnx import TrainingMode

# `norms` keeps BatchNorms as nodes of a network that is used, `training` has them and Dropouts as they are when it trains.
MODES = {"folded": TrainingMode.EVAL, "norms": TrainingMode.PRESERVE, "training": TrainingMode.TRAINING}


def published(name, side, **options):
    """A published network for images of this side, with fresh weights that are the same in each run."""
    torch.manual_seed(0)
    if name.startswith("vit"):
        options["image_size"] = side
    if name in ("googlenet", "inception_v3"):
        options.update(aux_logits=False, init_weights=False)
    return models.get_model(name, weights=None, **options)


def give_statistics(model, side):
    """BatchNorms get the statistics of random images [4, 3, side, side], and other factors than 1."""
    norms = [module for module in model.modules() if isinstance(module, nn.BatchNorm2d)]
    with torch.no_grad():
        for norm in norms:
            norm.weight.uniform_(0.5, 1.5)
            norm.bias.normal_(0, 0.2)
            norm.momentum = None  # the mean over all batches that it has seen
        if norms:
            model.train()
            for _ in range(2):
                model(torch.randn(4, 3, side, side))
        for norm in norms:
            norm.momentum = 0.1


def export(model, image, file, opset, mode="folded", axes=None):
    """Writes the file, whole or not at all. Gives why PyTorch has no export of it, or None."""
    model.train(mode == "training")
    part = file.with_suffix(".part")
    try:
        torch.onnx.export(
            model,
            image,
            str(part),
            opset_version=opset,
            training=MODES[mode],
            do_constant_folding=mode != "training",
            input_names=["image"],
            output_names=["logits"],
            dynamic_axes=axes,
        )
        part.rename(file)
        return None
    except Exception as error:
        part.unlink(missing_ok=True)
        return (str(error).strip().splitlines() or [type(error).__name__])[0]

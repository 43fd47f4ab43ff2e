"""torchvision's EfficientNet-B0 (SE), with random weights, through torch.onnx.export.

    python3 bench/peers/torchvision_b0.py OUT.onnx

Needs torch and torchvision, as Debian's packages python3-torch and python3-torchvision.
"""

import sys

import torch
import torchvision

network = torchvision.models.efficientnet_b0(weights=None).eval()
torch.onnx.export(network, torch.zeros(1, 3, 224, 224), sys.argv[1], opset_version=17, dynamic_axes={"input": {0: "N"}}, input_names=["input"])

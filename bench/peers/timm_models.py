"""Writes the peers of bench/compiler/models.ts: timm's networks as PyTorch exports them, with opset 16 and an open batch.

    python bench/peers/timm_models.py bench/peers        (needs torch, timm and onnx)

The numbers of the weights are replaced by a short repeated pattern, so that the files are small; a run takes as long.
"""
import gzip
import io
import sys

import numpy as np
import onnx
import timm
import torch
from onnx import numpy_helper
from timm.layers import set_exportable

PEERS = {
    "timm-b0-se": ("efficientnet_b0", {}),
    "timm-b0-eca": ("efficientnet_b0", {"se_layer": "eca"}),
    "timm-mnv3": ("mobilenetv3_large_100", {}),
    "timm-r50-eca": ("resnet50", {"block_args": {"attn_layer": "eca"}}),
}
PATTERN = np.linspace(-0.1, 0.1, 251, dtype=np.float32)


def exported(name: str, options: dict) -> bytes:
    set_exportable(True)
    network = timm.create_model(name, pretrained=False, exportable=True, **options).eval()
    file = io.BytesIO()
    axes = {"x": {0: "batch"}, "y": {0: "batch"}}
    torch.onnx.export(
        network,
        torch.zeros(1, 3, 224, 224),
        file,
        opset_version=16,
        input_names=["x"],
        output_names=["y"],
        dynamic_axes=axes,
    )
    model = onnx.load_from_string(file.getvalue())
    for tensor in model.graph.initializer:
        if tensor.data_type == onnx.TensorProto.FLOAT:
            numbers = np.resize(PATTERN, tuple(tensor.dims)).astype(np.float32)
            tensor.CopyFrom(numpy_helper.from_array(numbers, tensor.name))
    return model.SerializeToString()


if __name__ == "__main__":
    for name, (network, options) in PEERS.items():
        with gzip.open(f"{sys.argv[1]}/{name}.onnx.gz", "wb") as file:
            file.write(exported(network, options))

"""Detections of torchvision's own functions, of random numbers that heads could say.

    python3 test/python/detections_fixture.py test/data/detections.json

Each case has its inputs, weights and expected outputs, as base64 of float32 with their sizes. The numbers are scaled so that many
boxes are left and many overlap.
"""

import base64
import json
import sys

import numpy as np
import torch
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.models.detection.faster_rcnn import FastRCNNPredictor, TwoMLPHead
from torchvision.models.detection.fcos import FCOS
from torchvision.models.detection.image_list import ImageList
from torchvision.models.detection.keypoint_rcnn import KeypointRCNNHeads, KeypointRCNNPredictor
from torchvision.models.detection.mask_rcnn import MaskRCNNHeads, MaskRCNNPredictor
from torchvision.models.detection.retinanet import RetinaNet, RetinaNetHead
from torchvision.models.detection.roi_heads import RoIHeads
from torchvision.models.detection.rpn import RegionProposalNetwork, RPNHead
from torchvision.ops import MultiScaleRoIAlign


def written(tensors):
    return {
        name: {
            "dims": list(tensor.shape),
            "data": base64.b64encode(tensor.detach().float().contiguous().numpy().tobytes()).decode(),
        }
        for name, tensor in tensors.items()
    }


class Given(torch.nn.Module):
    """Stands for a module whose results are known."""

    def __init__(self, result):
        super().__init__()
        self.result = result

    def forward(self, *_):
        return self.result


def one_stage(height, width, classes, detections):
    sizes = tuple((x, int(x * 2 ** (1 / 3)), int(x * 2 ** (2 / 3))) for x in (16, 32, 64, 128))
    ratios = ((0.5, 1.0, 2.0),) * len(sizes)
    maps = []
    size = (height, width)
    for level in range(3 + len(sizes)):
        size = ((size[0] + 1) // 2, (size[1] + 1) // 2)
        if level >= 3:
            maps.append(size)
    scores = [torch.randn(1, 9 * classes, *each) * 1.2 - 2.5 for each in maps]
    boxes = [torch.randn(1, 9 * 4, *each) * 0.4 for each in maps]

    class Backbone(torch.nn.Module):
        out_channels = 4

        def forward(self, x):
            return {str(i): torch.zeros(1, 4, *each) for i, each in enumerate(maps)}

    model = RetinaNet(Backbone(), classes, anchor_generator=AnchorGenerator(sizes, ratios), topk_candidates=200, detections_per_img=detections).eval()
    rows = lambda maps, values: torch.cat(
        [m.view(1, 9, values, *m.shape[2:]).permute(0, 3, 4, 1, 2).reshape(1, -1, values) for m in maps], 1
    )
    anchors = model.anchor_generator(ImageList(torch.zeros(1, 3, height, width), [(height, width)]), [torch.zeros(1, 4, *m) for m in maps])
    counts = [9 * h * w for h, w in maps]
    outputs = {
        "cls_logits": list(rows(scores, classes).split(counts, 1)),
        "bbox_regression": list(rows(boxes, 4).split(counts, 1)),
    }
    split = [list(a.split(counts)) for a in anchors]
    found = model.postprocess_detections(outputs, split, [(height, width)])[0]
    return {
        "image": [height, width],
        "sizes": sizes,
        "detections": detections,
        "inputs": written({f"scores{i}": x for i, x in enumerate(scores)} | {f"boxes{i}": x for i, x in enumerate(boxes)}),
        "expected": written(found | {"anchors": anchors[0]}),
    }


def points(height, width, classes, detections):
    """FCOS: distances from a point of each pixel, and centre-ness."""
    sizes = ((8,), (16,), (32,), (64,), (128,))
    maps = [((height + step - 1) // step, (width + step - 1) // step) for (step,) in sizes]
    scores = [torch.randn(1, classes, *each) * 1.5 - 1 for each in maps]
    confidence = [torch.randn(1, 1, *each) * 1.5 for each in maps]
    boxes = [(torch.randn(1, 4, *each) + 1).relu() for each in maps]

    class Backbone(torch.nn.Module):
        out_channels = 32

    model = FCOS(Backbone(), classes, topk_candidates=80, detections_per_img=detections).eval()
    features = [torch.zeros(1, 32, *each) for each in maps]
    anchors = model.anchor_generator(ImageList(torch.zeros(1, 3, height, width), [(height, width)]), features)
    rows = lambda maps: [each.flatten(2).transpose(1, 2) for each in maps]
    outputs = {"cls_logits": rows(scores), "bbox_regression": rows(boxes), "bbox_ctrness": rows(confidence)}
    split = [list(each.split([h * w for h, w in maps])) for each in anchors]
    found = model.postprocess_detections(outputs, split, [(height, width)])[0]
    named = {"scores": scores, "confidence": confidence, "boxes": boxes}
    return {
        "image": [height, width],
        "units": [size for (size,) in sizes],
        "detections": detections,
        "inputs": written({f"{name}{i}": x for name, each in named.items() for i, x in enumerate(each)}),
        "expected": written(found),
    }


FIVE_LEVELS = ((16,), (32,), (64,), (128,), (256,))


def two_stage(height, width, classes, candidates, count, overlap, *, sizes=FIVE_LEVELS, strides=(4, 8, 16, 32), keypoints=None):
    """`keypoints`: how many a thing has. `sizes`: of the anchors of each map, the first of stride strides[0]. `strides`: of the maps that regions are cut out of."""
    channels = 3
    steps = [strides[0] * 2**i for i in range(len(sizes))]
    maps = [((height + step - 1) // step, (width + step - 1) // step) for step in steps]
    features = {str(i): torch.randn(1, channels, *each) for i, each in enumerate(maps)}
    anchors = [3 * len(own) for own in sizes]
    scores = [torch.randn(1, own, *each) for own, each in zip(anchors, maps)]
    boxes = [torch.randn(1, 4 * own, *each) * 0.5 for own, each in zip(anchors, maps)]
    cut = [str(i) for i in range(len(strides))]
    pool = lambda size: MultiScaleRoIAlign(cut, size, 2)
    rpn = RegionProposalNetwork(
        AnchorGenerator(sizes, ((0.5, 1.0, 2.0),) * len(sizes)), Given((scores, boxes)),
        0.7, 0.3, 256, 0.5, dict(training=1, testing=candidates), dict(training=1, testing=count), overlap,
    ).eval()
    heads = RoIHeads(
        pool(3), TwoMLPHead(channels * 9, 8), FastRCNNPredictor(8, classes),
        0.5, 0.5, 512, 0.25, None, 0.05, 0.5, 100,
        pool(4), MaskRCNNHeads(channels, (4, 4), 1), MaskRCNNPredictor(4, 5, classes),
        *([] if keypoints is None else [pool(4), KeypointRCNNHeads(channels, (6, 5)), KeypointRCNNPredictor(5, keypoints)]),
    ).eval()
    with torch.no_grad():
        # Classes and boxes that differ from region to region.
        for name, parameter in heads.named_parameters():
            parameter.normal_(0, 0.5 if "bias" not in name else 0.3)
        image = ImageList(torch.zeros(1, 3, height, width), [(height, width)])
        proposals = rpn(image, features)[0]
        regions = heads.box_roi_pool(features, proposals, image.image_sizes)
        logits = heads.box_predictor(heads.box_head(regions))
        found = heads(features, proposals, image.image_sizes)[0][0]
        if keypoints is not None:
            found = {name: found[name] for name in ("boxes", "scores", "labels", "masks")}
            seen = heads.keypoint_roi_pool(features, [found["boxes"]], image.image_sizes)
            found["keypoint_logits"] = heads.keypoint_predictor(heads.keypoint_head(seen))
    return {
        "image": [height, width],
        "sizes": sizes,
        "strides": strides,
        "candidates": candidates,
        "count": count,
        "overlap": overlap,
        "inputs": written(
            {f"features{i}": features[i] for i in cut}
            | {f"scores{i}": x for i, x in enumerate(scores)}
            | {f"boxes{i}": x for i, x in enumerate(boxes)}
        ),
        "weights": written(dict(heads.named_parameters())),
        "expected": written(
            found | {"proposals": proposals[0], "class_logits": logits[0], "box_regression": logits[1]}
        ),
    }


torch.manual_seed(0)
cases = {
    "one-stage": one_stage(96, 128, 4, 300),
    "one-stage, odd maps": one_stage(88, 140, 3, 2000),
    "two-stage": two_stage(128, 192, 4, 100, 60, 0.7),
    "two-stage, odd maps": two_stage(72, 104, 3, 1000, 1000, 0.3),
    "two-stage, one map": two_stage(120, 200, 4, 300, 80, 0.7, sizes=((16, 32, 64),), strides=(16,)),
    "two-stage, key points": two_stage(64, 96, 2, 60, 40, 0.7, keypoints=3),
    "points": points(96, 128, 3, 90),
    "points, odd maps": points(88, 140, 4, 2000),
}
for name, case in cases.items():
    print(name, {key: each["dims"] for key, each in case["expected"].items()})
with open(sys.argv[1], "w") as file:
    json.dump(cases, file)

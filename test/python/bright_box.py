"""Makes test/data/detectors/: ONNX files of another tool that find what is bright in a picture, with outputs as torchvision's.

    /usr/bin/python3 test/python/bright_box.py

Row 0 is the box around all pixels of the first channel above 0.5, exactly; the rows after it fill up: no score, no area, not a number.
Masks are grids of 2×2 over the box (its upper left quarter), or all bright pixels of the input.
"""

import os

import numpy as np
from onnx import TensorProto, checker, helper, numpy_helper, save

FOLDER = os.path.join(os.path.dirname(__file__), "..", "data", "detectors")
SIDE = 64


def constant(name, array):
    return numpy_helper.from_array(np.asarray(array), name)


def model(rank, masks):
    image = "x" if rank == 4 else "image"
    first = [] if rank == 4 else [helper.make_node("Unsqueeze", ["image", "zero"], ["x"])]
    nodes = [
        *first,
        helper.make_node("Slice", ["x", "zero", "one", "one"], ["red"]),
        helper.make_node("Greater", ["red", "half"], ["bright"]),
        helper.make_node("NonZero", ["bright"], ["places"]),
        helper.make_node("Slice", ["places", "two", "four", "zero"], ["rows"]),
        helper.make_node("ReduceMin", ["rows"], ["low"], axes=[1], keepdims=0),
        helper.make_node("ReduceMax", ["rows"], ["last"], axes=[1], keepdims=0),
        helper.make_node("Add", ["last", "one"], ["high"]),
        helper.make_node("Concat", ["low", "high"], ["yxyx"], axis=0),
        helper.make_node("Gather", ["yxyx", "order"], ["xyxy"], axis=0),
        helper.make_node("Cast", ["xyxy"], ["corners"], to=TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["corners", "zero"], ["box"]),
        helper.make_node("Concat", ["box", "filler"], ["boxes"], axis=0),
        helper.make_node("Identity", ["all_scores"], ["scores"]),
        helper.make_node("Identity", ["all_labels"], ["labels"]),
    ]
    if masks == "grid":
        nodes.append(helper.make_node("Identity", ["grids"], ["masks"]))
    else:
        nodes.append(helper.make_node("Cast", ["bright"], ["shown"], to=TensorProto.FLOAT))
        nodes.append(helper.make_node("Expand", ["shown", "many"], ["masks"]))
    shown = [5, 1, SIDE, SIDE] if masks == "whole" else [5, 1, 2, 2]
    sizes = [1, 3, SIDE, SIDE][4 - rank :]
    graph = helper.make_graph(
        nodes,
        "bright",
        [helper.make_tensor_value_info(image, TensorProto.FLOAT, sizes)],
        [
            helper.make_tensor_value_info("boxes", TensorProto.FLOAT, [5, 4]),
            helper.make_tensor_value_info("scores", TensorProto.FLOAT, [5]),
            helper.make_tensor_value_info("labels", TensorProto.INT64, [5]),
            helper.make_tensor_value_info("masks", TensorProto.FLOAT, shown),
        ],
        [
            constant("zero", np.array([0], np.int64)),
            constant("one", np.array([1], np.int64)),
            constant("two", np.array([2], np.int64)),
            constant("four", np.array([4], np.int64)),
            constant("half", np.float32(0.5)),
            constant("order", np.array([1, 0, 3, 2], np.int64)),
            constant("filler", np.array([[0, 0, 9, 9], [7, 7, 7, 9], [np.nan] * 4, [1, 1, 60, 60]], np.float32)),
            constant("all_scores", np.array([0.75, 0, 0.5, 0.5, 0.25], np.float32)),
            constant("all_labels", np.array([2, 0, 1, 1, 1], np.int64)),
            constant("grids", np.tile(np.array([[1, 0], [0, 0]], np.float32), (5, 1, 1, 1))),
            constant("many", np.array([5, 1, SIDE, SIDE], np.int64)),
        ],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8, producer_name="bright")


os.makedirs(FOLDER, exist_ok=True)
for name, rank, masks in [("grids", 4, "grid"), ("whole", 4, "whole"), ("single", 3, "grid")]:
    made = model(rank, masks)
    checker.check_model(made)
    save(made, os.path.join(FOLDER, f"{name}.onnx"))

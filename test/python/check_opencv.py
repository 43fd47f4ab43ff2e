"""Runs an ONNX file with OpenCV's DNN module and compares the output with a given one:

    python3 check_opencv.py FILE.onnx --input X --shape 1,3,224,224 --expected Y [--tolerance 1e-3]

X and Y are .npy files or raw little-endian float32 (then --shape gives X's sizes). The largest difference is
measured as a part of the range of Y. Prints one JSON document; exits with 1 if OpenCV refuses the file or differs.
"""

import argparse
import json
import sys

import cv2
import numpy as np


def load(file, shape):
    if file.endswith(".npy"):
        return np.load(file).astype(np.float32)
    numbers = np.fromfile(file, dtype="<f4")
    return numbers.reshape(shape) if shape else numbers


def compare(arguments):
    shape = [int(size) for size in arguments.shape.split(",")] if arguments.shape else None
    net = cv2.dnn.readNetFromONNX(arguments.file)
    net.setPreferableBackend(cv2.dnn.DNN_BACKEND_OPENCV)
    net.setInput(load(arguments.input, shape))
    actual = net.forward().ravel()
    expected = load(arguments.expected, None).ravel()
    if actual.shape != expected.shape:
        raise ValueError(f"{actual.size} numbers, expected {expected.size}")
    spread = float(expected.max() - expected.min())
    distance = float(np.abs(actual - expected).max())
    return {"maxAbs": distance, "range": spread, "ok": bool(distance <= arguments.tolerance * spread)}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("file")
    parser.add_argument("--input", required=True)
    parser.add_argument("--shape")
    parser.add_argument("--expected", required=True)
    parser.add_argument("--tolerance", type=float, default=1e-3)
    arguments = parser.parse_args()
    try:
        result = compare(arguments)
    except Exception as error:  # every kind of refusal is a result to report
        result = {"ok": False, "error": f"{type(error).__name__}: {error}"}
    print(json.dumps({"opencv": cv2.__version__, "file": arguments.file, **result}))
    return 0 if result["ok"] else 1


if __name__ == "__main__":
    sys.exit(main())

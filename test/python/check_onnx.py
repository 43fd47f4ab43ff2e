"""Checks ONNX files with the reference checker: python3 check_onnx.py FILE...

Runs onnx.checker with full_check (which includes strict shape inference with data propagation), and again strict
shape inference alone, whose result must agree with the value_info that the file declares. Prints one JSON document;
exits with 1 if a file fails.
"""

import json
import sys

import onnx
from onnx import shape_inference


def check(file):
    # With the path (which finds external data) a full check would write the inferred shapes into the file.
    onnx.checker.check_model(file)
    model = onnx.load(file)
    onnx.checker.check_model(model, full_check=True)
    declared = {info.name for info in model.graph.value_info} | {info.name for info in model.graph.output}
    computed = {name for node in model.graph.node for name in node.output}
    missing = computed - declared
    if missing:
        raise ValueError(f"no value_info for {sorted(missing)}")
    shape_inference.infer_shapes(model, check_type=True, strict_mode=True, data_prop=True)
    return {"file": file, "ok": True, "nodes": len(model.graph.node)}


def main(files):
    results = []
    for file in files:
        try:
            results.append(check(file))
        except Exception as error:  # every kind of refusal is a result to report
            results.append({"file": file, "ok": False, "error": f"{type(error).__name__}: {error}"})
    print(json.dumps({"onnx": onnx.__version__, "results": results}))
    return 0 if all(result["ok"] for result in results) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

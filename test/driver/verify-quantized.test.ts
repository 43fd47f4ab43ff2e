import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { hasPythonModules, runPython } from "../../scripts/python.js";
import { largestDifference } from "../../src/base/distance.js";
import { verify } from "../../src/driver/verify/verify.js";
import { ModelProto } from "../../src/onnx/file/proto.js";
import { openSession, startRuntime } from "../../src/runtime/session.js";
import { runModel } from "../../src/trials/outputs.js";
import { skip } from "../skip.js";
import { inTemporaryFolder } from "../temporary-folder.js";

/** Layers between QuantizeLinear and DequantizeLinear whose sums are too large for the 16 bits that some processors add them in. */
const test = suite("driver: verify, quantised layers");

const SCRIPT = fileURLToPath(new URL("../python/quantized_layers.py", import.meta.url));
const OPERATORS = fileURLToPath(new URL("../python/quantized_operators.py", import.meta.url));

/** Every file that a script makes, of which there are so many, is right in a batch. */
function allAreRight(script: string, count: number, batch: number): Promise<void> {
  return inTemporaryFolder(async (folder) => {
    const { stdout: names } = runPython(script, [folder]);
    assert.is(names.length, count);
    const runtime = await startRuntime();
    try {
      for (const name of names) {
        const report = await verify(join(folder, `${name}.onnx`), { batches: [batch], runtime });
        const why = report.comparisons.map((each) => each.why).join("; ");
        assert.is(report.verdict, "right", `${name}: ${why}`);
      }
    } finally {
      runtime.close();
    }
  });
}

if (hasPythonModules("onnx", "numpy")) {
  test("each form is right, whatever this processor saturates", () => allAreRight(SCRIPT, 56, 1));

  test("each operator on whole steps is right, also where two share weights or zero points", () =>
    allAreRight(OPERATORS, 17, 2));

  test("a scale of one output is that of another: wrong", () =>
    inTemporaryFolder(async (folder) => {
      runPython(SCRIPT, [folder]);
      for (const name of ["gemm-transposed-int8-output-uint8", "conv-int8-output-uint8"]) {
        const file = join(folder, `${name}.onnx`);
        const model = ModelProto.decode(readFileSync(file));
        const scales = model.graph?.initializer?.find((each) => each.name === "w_scale");
        assert.ok(scales?.rawData);
        scales.rawData.copyWithin(0, 4, 8);
        const changed = join(folder, "changed.onnx");
        writeFileSync(changed, ModelProto.encode(model).finish());
        assert.is((await verify(file, { batches: [8], against: changed })).verdict, "wrong", name);
      }
    }));

  test("it is said where ONNX Runtime by itself gives other numbers", () =>
    inTemporaryFolder(async (folder) => {
      runPython(SCRIPT, [folder]);
      for (const name of ["conv-int8-output-uint8", "conv-uint8-output-uint8"]) {
        const file = join(folder, `${name}.onnx`);
        const outputs: ArrayLike<number>[] = [];
        for (const asDeployed of [false, true]) {
          const session = await openSession(file, { asDeployed });
          outputs.push((await runModel(session, session.inputs, 1, 0)).get("y") ?? []);
          await session.close();
        }
        const [exact = [], deployed = []] = outputs;
        const saturates = largestDifference(exact, deployed) > 1;
        const { checks } = await verify(file, { batches: [1] });
        assert.is(
          checks.some((check) => check.name === "saturation" && check.ok),
          saturates,
          name,
        );
      }
    }));
} else {
  skip("quantised layers", "python3 has no onnx and numpy");
}

test.run();

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { run } from "../../src/driver/run/run.js";
import { verify } from "../../src/driver/verify/verify.js";
import { ModelProto } from "../../src/onnx/file/proto.js";
import { inTemporaryFolder } from "../temporary-folder.js";

const test = suite("driver: verify, files of other numbers");

/** A detector with QuantizeLinear and DequantizeLinear around each convolution, made by onnx.helper with random weights. */
const QUANTISED = "test/data/onnx-numbers/quantised.onnx";
/** A segmenter that ends in ArgMax, likewise. */
const LABELS = "test/data/onnx-numbers/labels.onnx";
/** A network with a second input [2] that has no batch, likewise. */
const SECOND = "test/data/onnx-numbers/second-input.onnx";

test("a quantised network is right, and one with other weights is wrong", () =>
  inTemporaryFolder(async (folder) => {
    const report = await verify(QUANTISED, { batches: [1] });
    assert.is(report.verdict, "right");
    const [first] = report.comparisons;
    // The output's own step is 0.05.
    assert.ok(first !== undefined && first.tolerance >= 0.05 && first.tolerance < 1, `${first?.tolerance}`);
    const model = ModelProto.decode(readFileSync(QUANTISED));
    const weight = model.graph?.initializer?.find(({ dims }) => dims?.length === 4);
    assert.ok(weight?.rawData);
    for (let i = 0; i < 27; i++) weight.rawData[i] = (weight.rawData[i] as number) ^ 0x40;
    const changed = join(folder, "changed.onnx");
    writeFileSync(changed, ModelProto.encode(model).finish());
    assert.is((await verify(QUANTISED, { batches: [1], against: changed })).verdict, "wrong");
  }));

test("labels are compared, and a vector is given whatever the batch", async () => {
  for (const file of [LABELS, SECOND]) {
    const report = await verify(file);
    assert.is(report.verdict, "right", file);
    assert.ok(report.comparisons.length > 0);
  }
});

test("labels are written as int64", () =>
  inTemporaryFolder(async (folder) => {
    const output = join(folder, "labels.npy");
    const { outputs } = await run(LABELS, {
      inputs: ["test/data/onnx-numbers/labels.x.npy"],
      outputs: [output],
    });
    assert.is(outputs[0]?.dtype, "int64");
    assert.equal([...readFileSync(output)], [...readFileSync("test/data/onnx-numbers/labels.y.npy")]);
  }));

test.run();

import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { distance } from "../../src/base/distance.js";
import { specNetwork } from "../../src/given/spec-file.js";
import { withOpenWeights } from "../../src/given/weights.js";
import { modelBytes } from "../../src/onnx/encode/bytes.js";
import { encodeModel } from "../../src/onnx/encode/export.js";
import { runPasses } from "../../src/passes/engine/manager.js";
import { exportPipeline } from "../../src/passes/export-pipeline.js";
import { evaluateGraph } from "../../src/reference/interpreter.js";
import { parameterNumbers } from "../../src/trials/numbers.js";
import { sharedRuntime } from "../shared-runtime.js";
import { readNpy } from "./npy.js";

/**
 * Small networks of timm, torchvision and others with random weights under their own names: the interpreter must give
 * their float64 output, the export in ONNX Runtime the same up to float32's rounding.
 */
interface Fixture {
  readonly source: string;
  /** max |Δ| in float32, over the standard deviation of the output. */
  readonly tolerance: number;
}

const FOLDER = "test/data/fixtures";
const fixtures = JSON.parse(readFileSync(`${FOLDER}/index.json`, "utf8")) as Readonly<
  Record<string, Fixture>
>;

/** Whose names each file has; timm's where nothing is said. */
const NAMES: Readonly<Record<string, string>> = {
  official_eca_mobilenetv2_025: "ecanet",
  tv_mobilenetv2_025: "torchvision",
};

const EXPORTS = [13, 17].flatMap((opset) => [
  { opset, keepBatchNorm: false },
  { opset, keepBatchNorm: true },
]);

const test = suite("weights: networks of other frameworks");
const runtime = sharedRuntime(test);

test("all fixtures are here", () => {
  assert.is(Object.keys(fixtures).length, 22);
});

for (const [name, { source, tolerance }] of Object.entries(fixtures)) {
  const image = readNpy(`${FOLDER}/${name}.input.npy`);
  const expected = readNpy(`${FOLDER}/${name}.output64.npy`).data;
  const deviation = standardDeviation(expected);

  test(`${name} (${source})`, () =>
    withOpenWeights({ weights: `${FOLDER}/${name}.safetensors` }, async (given) => {
      const { graph, weights } = specNetwork(`${FOLDER}/${name}.json`, { given });
      assert.equal(
        [weights?.names, weights?.initial, weights?.unused, weights?.dropped],
        [NAMES[name] ?? "timm", [], [], []],
      );

      const outputs = evaluateGraph(graph, new Map([["input", image]]), parameterNumbers(0));
      const { maxAbs } = distance(expected, outputs.get("logits")?.data ?? []);
      assert.ok(maxAbs < 1e-9, `the interpreter: max |Δ| is ${maxAbs}`);

      for (const options of EXPORTS) {
        const lowered = runPasses(graph, exportPipeline(options)).graph;
        const model = encodeModel(lowered, { opset: options.opset, producerVersion: "test" });
        const session = await runtime().open(modelBytes(model, { seed: 0 }));
        const feeds = new Map([["input", { dims: image.dims, data: Float32Array.from(image.data) }]]);
        const logits = (await session.run(feeds)).get("logits")?.data ?? [];
        await session.close();
        const far = distance(expected, logits).maxAbs / deviation;
        assert.ok(far < tolerance, `${JSON.stringify(options)}: max |Δ| is ${far} of the deviation`);
      }
    }));
}

function standardDeviation(values: Float64Array): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
}

test.run();

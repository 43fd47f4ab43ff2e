import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { InputError } from "../../src/base/diagnostic.js";
import { compile } from "../../src/driver/compile/compile.js";
import { diff } from "../../src/driver/diff/diff.js";
import { stats } from "../../src/driver/stats/stats.js";
import { verify } from "../../src/driver/verify/verify.js";
import { inTemporaryFolder } from "../temporary-folder.js";
import { rejectsError } from "../throws.js";

const test = suite("driver: detectors");

const conv = (channels: number): unknown => ({
  ...{ layer: "conv", channels, kernel: 3 },
  ...{ norm: false, bias: true, activation: "none" },
});

/** Two maps with three anchors for each pixel, and a gate in each stage. */
function spec(classes: number, detection: Readonly<Record<string, unknown>>): unknown {
  const from = ["c2", "c3"];
  const stage = { block: "conv-norm-act", channels: 16, stride: 2, attention: "se" };
  return {
    input: { channels: 3, height: 64, width: 96 },
    defaults: { activation: "relu" },
    stem: { channels: 8, stride: 2 },
    stages: from.map((as) => ({ ...stage, as })),
    heads: [
      { name: "classes", from, output: { values: classes }, layers: [conv(3 * classes)] },
      { name: "moves", from, output: { values: 4 }, layers: [conv(12)] },
    ],
    detection: {
      ...{ scores: "classes", boxes: "moves", anchors: { sizes: [[16], [32]] }, candidates: 60 },
      ...detection,
    },
    head: { classifier: false },
  };
}

const regions = {
  from: ["c2", "c3"],
  classes: 4,
  proposals: { count: 30 },
  box: { hidden: [16] },
  mask: { channels: [8], hidden: 8 },
};
const ONE_STAGE = spec(4, {});
const TWO_STAGES = spec(1, { regions, detections: 20 });
const NORMALIZED = spec(1, {
  regions: {
    ...regions,
    box: { channels: [8], normalized: true, hidden: [16] },
    mask: { ...regions.mask, normalized: true },
  },
  detections: 20,
});
const ONE_MAP = spec(1, { regions: { ...regions, from: ["c3"] }, detections: 20 });

function withSpec<T>(content: unknown, use: (file: string, folder: string) => T | Promise<T>): Promise<T> {
  return inTemporaryFolder((folder) => {
    const file = join(folder, "detector.json");
    writeFileSync(file, JSON.stringify(content));
    return use(file, folder);
  });
}

for (const [name, content, outputs] of [
  ["one stage", ONE_STAGE, ["boxes", "scores", "labels"]],
  ["two stages", TWO_STAGES, ["boxes", "scores", "labels", "masks"]],
  ["regions of one map", ONE_MAP, ["boxes", "scores", "labels", "masks"]],
  ["normalised heads", NORMALIZED, ["boxes", "scores", "labels", "masks"]],
] as const) {
  test(`${name}: every output is right, and every gate moves them`, () =>
    withSpec(content, async (file) => {
      const report = await verify(file, {});
      assert.ok(report.ok, JSON.stringify(report.checks));
      assert.equal([...new Set(report.comparisons.map(({ output }) => output))], outputs);
      for (const { moved, ok } of report.gates.effects) {
        assert.ok(ok && Number.isFinite(moved) && moved > 0.01, `${moved}`);
      }
    }));
}

for (const [name, content] of [
  ["one stage", ONE_STAGE],
  ["two stages", TWO_STAGES],
  ["regions of one map", ONE_MAP],
  ["normalised heads", NORMALIZED],
] as const) {
  test(`${name}: the compiled file has no difference, and as many parameters`, () =>
    withSpec(content, async (file, folder) => {
      const output = join(folder, "out.onnx");
      const { parameters } = await compile(file, { output, keepBatchNorm: true });
      assert.is(stats(output).parameters, parameters);
      const { changes, computeTheSame } = diff(file, output);
      assert.equal([changes, computeTheSame], [[], true]);
      await compile(file, { output });
      assert.equal(diff(output, file).changes, []);
    }));
}

test("of a detector and another one's file what differs is shown where it is, and nothing else", () =>
  withSpec(TWO_STAGES, async (file, folder) => {
    const output = join(folder, "out.onnx");
    await compile(file, { output });
    for (const [detection, expected] of [
      [
        { anchors: { sizes: [[16], [33]] } },
        [["layer-changed", "/proposals/candidates/1/anchors", "indices numbers", 0]],
      ],
      [
        { regions: { ...regions, box: { hidden: [24] } } },
        // 16 · 7 · 7 + 1 inputs of each of 8 neurons fewer, and their outputs to 4 + 16 numbers.
        [["block-changed", "/regions/box", "box-head", -8 * (16 * 49 + 1 + 20)]],
      ],
      [{ nmsThreshold: 0.4 }, [["layer-changed", "/detections/kept/nms", "overlap = 0.4", 0]]],
    ] as const) {
      const other = join(folder, "other.json");
      writeFileSync(other, JSON.stringify(spec(1, { regions, detections: 20, ...detection })));
      const { changes, computeTheSame } = diff(other, output);
      assert.not(computeTheSame);
      assert.equal(
        changes.map(({ kind, at, parametersDelta }) => [kind, at, parametersDelta]),
        expected.map(([kind, at, , delta]) => [kind, at, delta]),
      );
      for (const [i, [, , text]] of expected.entries()) {
        assert.ok(changes[i]?.before?.includes(text), changes[i]?.before ?? "");
      }
    }
  }));

test("the mask head is counted for as many detections as there can be", () =>
  withSpec(TWO_STAGES, (file) => {
    const { found, blocks } = stats(file);
    assert.equal(found, { detections: 20 });
    // 14·14 pixels of a 3×3 convolution of 16 maps to 8, and of the layers after it.
    const each = 14 * 14 * (16 * 9 * 8 + 8 * 4 * 8) + 28 * 28 * 8 * 4;
    assert.is(blocks.find(({ path }) => path === "/regions/mask")?.macs, 20 * each);
    // 30 proposals of 7·7·16 numbers.
    assert.is(
      blocks.find(({ path }) => path === "/regions/box")?.macs,
      30 * (7 * 7 * 16 * 16 + 16 * (4 + 16)),
    );
  }));

for (const [batch, says] of [
  [3, /a batch of 3 is asked for/],
  ["dynamic", /a dynamic batch is asked for/],
] as const) {
  test(`another batch than one image is refused: ${batch}`, () =>
    withSpec(ONE_STAGE, (file, folder) =>
      rejectsError(() => compile(file, { output: join(folder, "out.onnx"), batch }), InputError, says, {
        code: "onnx/batch",
        hint: /raw/,
      }),
    ));
}

test("raw outputs take any batch", () =>
  withSpec(spec(4, { outputs: "raw" }), async (file, folder) => {
    await compile(file, { output: join(folder, "out.onnx"), batch: 3 });
    const { comparisons, ok } = await verify(file, { batches: [3] });
    assert.ok(ok);
    assert.equal([...new Set(comparisons.map(({ output }) => output))], ["classes", "moves"]);
  }));

test.run();

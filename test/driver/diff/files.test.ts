import { suite } from "uvu";
import * as assert from "uvu/assert";
import { compile } from "../../../src/driver/compile/compile.js";
import { type DiffReport, diff } from "../../../src/driver/diff/diff.js";
import { ATTENTION_TYPES } from "../../../src/ir/attention/modules.js";
import { BLOCK_TYPES } from "../../../src/language/blocks/registry.js";
import { given, type Json, spec, specFolder } from "./changed-specs.js";
import { withValue } from "./second-values.js";

const test = suite("driver: diff of ONNX files");

test.before(specFolder.make);
test.after(specFolder.remove);

let files = 0;

/** A spec's file of JSON and its ONNX file. */
async function compiled(value: Json, keepBatchNorm = true): Promise<readonly [spec: string, onnx: string]> {
  const [file] = given(value).named;
  const output = specFolder.path(`${files++}.onnx`);
  await compile(file, { output, keepBatchNorm });
  return [file, output];
}

const NETWORK = spec({
  stages: [
    { block: "basic", channels: 8, stride: 2, attention: { type: "se", ratio: 0.5 } },
    { block: "bottleneck", channels: 16, stride: 2, attention: { type: "eca" } },
    { block: "inverted-residual", channels: 16, expansion: 4, attention: { type: "se", ratio: 0.25 } },
  ],
  labels: ["a", "b", "c", "d", "e", "f"],
});

/** Changes of one field that decide what is computed, and what a diff must say of each. */
const CHANGED: readonly (readonly [path: readonly (string | number)[], value: unknown, shows: RegExp])[] = [
  [["defaults", "activation"], "relu", /silu relu/],
  [["defaults", "norm", "epsilon"], 1e-3, /epsilon = 0.00001 .*epsilon = 0.001/],
  [["defaults", "padding"], "same", /pads = \[1, 1, 1, 1\] .*pads = \[0, 0, 1, 1\]/],
  [["stem", "pool", "padding"], "ceil", /max_pool pads/],
  [["stages", 0, "activation"], "hard_swish", /silu hard_swish/],
  [["stages", 0, "attention", "gate"], "hard_sigmoid", /gate = sigmoid .*gate = hard_sigmoid/],
  [["stages", 0, "attention", "activation"], "silu", /hidden = relu .*hidden = silu/],
  [["stages", 0, "attention", "position"], "pre", /attention-moved .*after .*before/],
  [["stages", 0, "branchActivation"], true, /layer-added .*silu/],
  [["stages", 1, "strideAt"], "reduce", /strides = \[1, 1\] .*strides = \[2, 2\]/],
  [["stages", 1, "attention", "kernel"], 5, /eca \(k = 3.* eca \(k = 5/],
  [["stages", 1, "shortcut"], "average-pool", /layer-added .*avg_pool/],
  [["stages", 2, "kernel"], 5, /window = 3×3.* window = 5×5/],
  [["stages", 2, "expansion"], 3, /block-changed/],
  [["head", "poolFirst"], true, /block-changed/],
  [["head", "channels"], 32, /block-changed/],
  [["input", "height"], 32, /input-changed .*24, 24.*32, 24/],
  [["preprocessing", "mean"], [0.5], /preprocessing-changed preprocessing.mean/],
  [["preprocessing", "channelOrder"], "bgr", /"rgb" "bgr"/],
  [["labels"], ["a", "b", "c", "d", "e", "g"], /label 5: "f".*label 5: "g"/],
];

function textOf({ changes }: DiffReport): string {
  return changes.map(({ kind, at, before, after }) => [kind, at, before, after].join(" ")).join("\n");
}

function assertShown(report: DiffReport, shows: RegExp, what: string): void {
  assert.match(textOf(report), shows, what);
  for (const { before, after } of report.changes) assert.is.not(before, after, what);
  const settings = report.changes.every(({ kind }) => /^(preprocessing|labels)-changed$/.test(kind));
  assert.is(report.computeTheSame, settings, what);
  const sum = report.changes.reduce((total, { parametersDelta }) => total + parametersDelta, 0);
  assert.is(sum, report.parameters.delta, what);
}

test("what one field changes shows between a spec and a file, and between files", async () => {
  const [json, onnx] = await compiled(NETWORK);
  for (const [path, value, shows] of CHANGED) {
    const what = path.join(".");
    const changed = withValue(NETWORK, path, value) as Json;
    const [, file] = await compiled(changed);
    assertShown(diff(json, file), shows, `${what}, spec and file`);
    assertShown(diff(onnx, file), shows, `${what}, files`);
  }
});

test("a spec and its own file don't differ, whatever its blocks and gates are, folded or not", async () => {
  const blocks = BLOCK_TYPES.map((block) => ({
    block,
    channels: 12,
    repeat: 2,
    ...(block.endsWith("inverted-residual") ? { expansion: 4 } : {}),
    attention: { type: "se", ratio: 0.25 },
  }));
  const options: Readonly<Record<string, Json>> = {
    "se-gc": { groups: 4 },
    aa: { heads: 2, keysPerHead: 2 },
  };
  const gates = ATTENTION_TYPES.map((type) => ({
    block: "bottleneck",
    channels: 32,
    attention: { type, ...options[type] },
  }));
  for (const stages of [blocks, gates]) {
    for (const keep of [true, false]) {
      const report = diff(...(await compiled(spec({ stages }), keep)));
      assert.equal(report.changes, []);
      assert.ok(report.computeTheSame);
      assert.is(
        report.notes.some((note) => /their ε is in the weights then/.test(note)),
        !keep,
      );
    }
  }
});

test.run();

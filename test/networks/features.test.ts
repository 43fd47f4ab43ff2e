import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { compile } from "../../src/driver/compile/compile.js";
import { diff } from "../../src/driver/diff/diff.js";
import { stats } from "../../src/driver/stats/stats.js";
import { verify } from "../../src/driver/verify/verify.js";
import { buildNetwork } from "../../src/networks/blocks/network.js";
import { ModelProto } from "../../src/onnx/file/proto.js";
import { parse, specText } from "../language/support.js";

const test = suite("blocks: feature outputs");
let folder = "";
test.before(() => {
  folder = mkdtempSync(join(tmpdir(), "ecagen-features-"));
});
test.after(() => rmSync(folder, { recursive: true, force: true }));

/** A network of 32×32 pixels with maps of all kinds: before and after the stem's pooling, gated, without activation. */
const SMALL = {
  input: { channels: 3, height: 32, width: 32 },
  stem: { channels: 8, kernel: 3, stride: 2, pool: { kernel: 3, stride: 2 } },
  stages: [
    { block: "basic", channels: 8 },
    { block: "inverted-residual", repeat: 2, channels: 24, stride: 2, expansion: 2, attention: "eca" },
    { block: "bottleneck", channels: 16, attention: { type: "se", ratio: 0.25, position: "post" } },
  ],
  head: { classes: 5 },
};

function written(name: string, spec: object): string {
  const file = join(folder, `${name}.json`);
  writeFileSync(file, JSON.stringify(spec));
  return file;
}

/**
 * Channels and strides of timm 1.0.29's `features_only` models (`feature_info.channels()`, `.reduction()`); parameters:
 * torchvision's `backbone.body` of Faster R-CNN, and the networks' own without convolution and classifier of the head.
 */
const BACKBONES = {
  "resnet50-features": { channels: [256, 512, 1024, 2048], strides: [4, 8, 16, 32], parameters: 23508032 },
  "b0-eca-features": {
    channels: [16, 24, 40, 112, 320],
    strides: [2, 4, 8, 16, 32],
    parameters: 4652084 - (320 * 1280 + 2 * 1280) - 1281 * 1000,
  },
  "mobilenetv3-large-100-features": {
    channels: [16, 24, 40, 112, 960],
    strides: [2, 4, 8, 16, 32],
    parameters: 5483032 - (960 * 1280 + 1280) - 1281 * 1000,
  },
};

for (const [name, { channels, strides, parameters }] of Object.entries(BACKBONES)) {
  test(`${name}: channels, strides and parameters of the reference's backbone`, () => {
    const report = stats(`specs/${name}.json`);
    assert.equal(
      report.outputs,
      channels.map((count, i) => {
        const stride = strides[i] ?? 0;
        const side = 224 / stride;
        return { name: `C${Math.log2(stride)}`, dims: ["N", count, side, side], stride };
      }),
    );
    assert.is(report.parameters, parameters);
    assert.not(report.blocks.some(({ block }) => block === "head"));
  });
}

test("a level is the last map of its stride; the stem has one before its pooling", () => {
  const features = '"features": ["C1", "C2", "C3", { "name": "early", "stage": 1 }]';
  const stages = SMALL.stages.map((stage) => JSON.stringify(stage));
  const pool = '"stem": { "channels": 8, "pool": {} }';
  const text = `{ ${pool}, "stages": [${stages.join()}], ${features} }`;
  const { resolved } = parse(text);
  assert.equal(
    resolved.features.map(({ name, place }) => [name, place]),
    [
      ["C1", { after: "stem-convolutions", stride: 2, channels: 8 }],
      ["C2", { after: { stage: 0, index: 0 }, stride: 4, channels: 8 }],
      ["C3", { after: { stage: 2, index: 0 }, stride: 8, channels: 16 }],
      ["early", { after: { stage: 1, index: 1 }, stride: 8, channels: 24 }],
    ],
  );
  const graph = buildNetwork(resolved);
  assert.equal(
    graph.outputs.map(({ name }) => name),
    ["logits", "C1", "C2", "C3", "early"],
  );
});

test("without a classifier, what no feature needs is not built", () => {
  const more = ['"head": { "classifier": false }', '"features": ["C2"]'];
  const { resolved } = parse(specText(['"cn_r1_k3_s2_c8"', '"cn_r2_k3_s2_c8"'], more));
  assert.equal(
    buildNetwork(resolved).blocks.map(({ scope }) => scope),
    ["/stem", "/stages/0/blocks/0"],
  );
});

test("features beside the classifier: every output is verified, and the file has them under their names", async () => {
  const features = ["C1", "C2", "C3", { name: "narrow", stage: 1 }];
  const spec = written("beside", { name: "beside", ...SMALL, features });
  const report = await verify(spec, { batches: [1, 3] });
  assert.ok(report.ok, JSON.stringify(report, null, 1));
  const output = join(folder, "beside.onnx");
  const compiled = await compile(spec, { output, checkPasses: true });
  const { graph } = ModelProto.decode(readFileSync(output));
  assert.equal(
    graph?.output?.map(({ name }) => name),
    ["logits", "C1", "C2", "C3", "narrow"],
  );
  assert.equal(
    compiled.outputs.map(({ dims, stride }) => [dims.slice(1), stride]),
    [
      [[5], undefined],
      [[8, 16, 16], 2],
      [[8, 8, 8], 4],
      [[16, 4, 4], 8],
      [[24, 4, 4], 8],
    ],
  );
});

test("a wrong feature map is seen by verify", async () => {
  const features = ["C2", "C3"];
  const spec = written("right", { name: "right", ...SMALL, features });
  const gated = { ...SMALL, stages: SMALL.stages.with(0, { ...SMALL.stages[0], attention: "eca" } as never) };
  const other = written("wrong", { name: "wrong", ...gated, features });
  const against = join(folder, "wrong.onnx");
  await compile(other, { output: against });
  const report = await verify(spec, { against });
  assert.not(report.ok);
});

test("diff shows outputs that come and go", () => {
  const a = written("plain", { name: "plain", ...SMALL });
  const b = written("backbone", {
    ...SMALL,
    name: "backbone",
    head: { classifier: false },
    features: ["C3"],
  });
  const { changes, parameters } = diff(a, b);
  assert.equal(
    changes
      .filter(({ kind }) => kind === "output-changed")
      .map(({ at, before, after }) => [at, before, after]),
    [
      ["logits", "[N, 5]", null],
      ["C3", null, "[N, 16, 4, 4]"],
    ],
  );
  assert.is(parameters.delta, -(16 * 5 + 5));
});

test.run();

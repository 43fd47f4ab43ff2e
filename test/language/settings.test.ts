import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Diagnostic, diagnosticToJson, InputError } from "../../src/base/diagnostic.js";
import { bench } from "../../src/driver/bench/bench.js";
import { compile } from "../../src/driver/compile/compile.js";
import { resolve } from "../../src/driver/resolve/resolve.js";
import { stats } from "../../src/driver/stats/stats.js";
import { verify } from "../../src/driver/verify/verify.js";
import { parseSpecText } from "../../src/files/spec-files.js";
import { inTemporaryFolder } from "../temporary-folder.js";

/** `--set PATH=VALUE`: a spec with other values. */
const test = suite("language: settings");

const NETWORK = {
  input: { channels: 3, height: 16, width: 16 },
  stem: { channels: 16 },
  stages: [
    { block: "conv-norm-act", channels: 16, attention: "se" },
    "ir_r2_k3_s2_e6_c24_se0.25",
    { block: "conv-norm-act", channels: 24 },
  ],
  head: { classes: 4 },
  passes: [{ pass: "swap-attention", from: "se", to: "eca" }],
  expect: { parameters: 1 },
};

/** Settings, and the same network written out. */
const CASES: readonly (readonly [set: readonly string[], spec: object])[] = [
  [["input.height=32", "$.input.width=24"], { ...NETWORK, input: { channels: 3, height: 32, width: 24 } }],
  [["head.classes=7"], { ...NETWORK, head: { classes: 7 } }],
  [['head={"classes": 7, "dropout": 0.5}'], { ...NETWORK, head: { classes: 7, dropout: 0.5 } }],
  [["passes=[]"], { ...NETWORK, passes: [] }],
  [["passes[0].to=cbam"], { ...NETWORK, passes: [{ pass: "swap-attention", from: "se", to: "cbam" }] }],
  [["stem=none"], { ...NETWORK, stem: "none" }],
  [["stem.pool.kernel=3"], { ...NETWORK, stem: { channels: 16, pool: { kernel: 3 } } }],
  [
    ["attention=eca", "stages[0].attention=null"],
    withStage(0, { block: "conv-norm-act", channels: 16 }, "eca"),
  ],
  [
    ["attention=eca", "stages.0.attention=none"],
    withStage(0, { block: "conv-norm-act", channels: 16, attention: "none" }, "eca"),
  ],
  // Into what is abbreviated.
  [
    ["stages[0].attention.ratio=0.25"],
    withStage(0, { block: "conv-norm-act", channels: 16, attention: { type: "se", ratio: 0.25 } }),
  ],
  [["stages[1].repeat=3"], withStage(1, "ir_r3_k3_s2_e6_c24_se0.25")],
  [["stages[1]=ir_r1_k5_s2_e6_c24"], withStage(1, "ir_r1_k5_s2_e6_c24")],
  [
    ['stages[2].attention=["eca", "sam"]', "stages[2].attention[1].kernel=3"],
    withStage(2, { block: "conv-norm-act", channels: 24, attention: ["eca", { type: "sam", kernel: 3 }] }),
  ],
];

function withStage(index: number, stage: unknown, attention?: string): object {
  const stages = NETWORK.stages.map((each, i) => (i === index ? stage : each));
  return { ...NETWORK, stages, ...(attention === undefined ? {} : { attention }) };
}

for (const [set, spec] of CASES) {
  test(`${set.join(", ")}: as if it were written`, () =>
    inTemporaryFolder((folder) => {
      const [file, written] = [join(folder, "net.json"), join(folder, "written", "net.json")];
      writeFileSync(file, JSON.stringify(NETWORK));
      const expected = parseSpecText(JSON.stringify({ ...spec, expect: {} }), written);
      const { spec: _, ...found } = resolve(file, { set });
      const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
      assert.equal(plain({ ...found, blocks: [] }), plain({ ...expected.resolved, blocks: [] }));
      assert.is(found.blocks.length, expected.resolved.blocks.length);
      assert.is(parseSpecText(JSON.stringify(resolve(file, { set }).spec), file).hash, expected.hash);
    }));
}

/** Settings that are refused: the code and column of each problem, and what it says. */
const REFUSED: readonly (readonly [
  set: readonly string[],
  ...problems: readonly (readonly [string, number, RegExp])[],
])[] = [
  [["inptu.height=3"], ["spec/unknown-key", 1, /unknown key "inptu"/]],
  [
    ["head.clases=3", "input.height=abc"],
    ["spec/unknown-key", 1, /"clases"/],
    ["spec/wrong-type", 14, /expected integer/],
  ],
  [["input.height=3.5"], ["spec/wrong-type", 14, /integer/]],
  [["stages[0].attention=sse"], ["spec/unknown-attention", 21, /sse/]],
  [["stages[9].channels=3"], ["flag/set", 1, /\$\.stages has 3 items, the last is \[2\]/]],
  [["input.height.x=3"], ["flag/set", 1, /\$\.input\.height is no object/]],
  [["input[0]=3"], ["flag/set", 1, /\$\.input is no list/]],
  [
    ["foo", "bar=", "=3"],
    ["flag/set", 1, /a field and its value/],
    ["flag/set", 1, /./],
    ["flag/set", 1, /./],
  ],
  [["extends=small"], ["flag/set", 1, /base/]],
  [["__proto__.x=1"], ["spec/refused-key", 1, /__proto__/]],
  [["head={"], ["spec/syntax", 7, /./]],
  [["input.height=1e999"], ["spec/number", 14, /./]],
];

/** `NETWORK` where each stage says what its gate is. */
const DECIDED = {
  ...NETWORK,
  stages: [NETWORK.stages[0], NETWORK.stages[1], { block: "conv-norm-act", channels: 24, attention: "none" }],
};

test("a field that other fields override is refused, with its place, whatever its value", () =>
  inTemporaryFolder((folder) => {
    const file = join(folder, "net.json");
    writeFileSync(file, JSON.stringify(DECIDED));
    for (const attention of ["eca", "se", "none", '{"type": "eca", "gamma": 3}']) {
      const set = ["head.classes=7", `attention=${attention}`];
      const found = refusal(() => resolve(file, { set })).map(diagnosticToJson);
      assert.equal(
        found.map(({ code, file: where, column }) => [code, where, column]),
        [["flag/idle", "--set", 1]],
      );
      assert.match(found[0]?.message ?? "", /attention changes nothing in net: other fields override it/);
    }
  }));

test("a value that the spec has anyway, a field that is not there and a setting that a later one replaces are no errors", () =>
  inTemporaryFolder((folder) => {
    const file = join(folder, "net.json");
    writeFileSync(file, JSON.stringify(DECIDED));
    for (const set of [
      ...[["input.height=16"], ["head.classes=4"], ["stages[0].attention=se"], ["defaults.activation=relu"]],
      ...[["stem.pool=null"], ["passes[0].to=eca"], ["head.dropout=0"]],
      ["attention=eca", "attention=null"],
    ]) {
      assert.is(resolve(file, { set }).name, "net", set.join(", "));
    }
  }));

for (const [set, ...problems] of REFUSED) {
  test(`${set.join(", ")} is refused, with its place`, () =>
    inTemporaryFolder((folder) => {
      const file = join(folder, "net.json");
      writeFileSync(file, JSON.stringify(NETWORK));
      const found = refusal(() => resolve(file, { set })).map(diagnosticToJson);
      assert.equal(
        found.map(({ code, file: where, column }) => [code, where, column]),
        problems.map(([code, column]) => [code, "--set", column]),
      );
      for (const [i, [, , says]] of problems.entries()) assert.match(found[i]?.message ?? "", says);
    }));
}

test("every use case takes settings, and the file says which network it is", () =>
  inTemporaryFolder(async (folder) => {
    const at = (name: string): string => join(folder, name);
    writeFileSync(at("net.json"), JSON.stringify({ ...NETWORK, expect: {} }));
    const changes = { set: ["head.classes=9"] };
    // The classifier has 24 weights and a bias for each class.
    const before = stats(at("net.json")).parameters;
    assert.is(stats(at("net.json"), { changes }).parameters, before + 5 * 25);
    const a = await compile(at("net.json"), { output: at("a.onnx") });
    const b = await compile(at("net.json"), { output: at("b.onnx"), changes });
    assert.is(b.parameters, a.parameters + 5 * 25);
    assert.ok((await verify(at("net.json"), { changes, against: at("b.onnx") })).ok);
    assert.equal(
      refusal(() => stats(at("a.onnx"), { changes })).map(({ code }) => code),
      ["flag/unused"],
    );
    const timed = bench([at("a.onnx")], { changes });
    await timed.then(
      () => assert.unreachable("settings are passed over"),
      (error) => assert.instance(error, InputError),
    );
  }));

test("compile at another resolution is compile with another input, and published numbers are not held to it", () =>
  inTemporaryFolder(async (folder) => {
    const at = (name: string): string => join(folder, name);
    const wide = await compile("small", { output: at("a.onnx"), resolution: 40 });
    const set = await compile("small", {
      ...{ output: at("b.onnx") },
      changes: { set: ["input.height=40", "input.width=40"] },
    });
    assert.is(wide.sha256, set.sha256);
    assert.is(wide.macs, stats("small", { resolution: 40 }).macs);
    writeFileSync(at("signal.json"), JSON.stringify({ ...NETWORK, input: { channels: 8, length: 64 } }));
    const { spec } = resolve(at("signal.json"), { resolution: 48 });
    assert.equal(spec.input, { channels: 8, length: 48 });
  }));

function refusal(act: () => unknown): readonly Diagnostic[] {
  try {
    act();
  } catch (error) {
    if (error instanceof InputError) return error.diagnostics;
    throw error;
  }
  throw new Error("nothing was refused");
}

test.run();

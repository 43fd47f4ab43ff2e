import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { InputError } from "../../src/base/diagnostic.js";
import { codegen } from "../../src/driver/codegen/codegen.js";
import { compile } from "../../src/driver/compile/compile.js";
import { rewrite } from "../../src/driver/rewrite/rewrite.js";
import { verify } from "../../src/driver/verify/verify.js";
import { type Runtime, startRuntime } from "../../src/runtime/session.js";
import { inTemporaryFolder } from "../temporary-folder.js";
import { readNpy } from "../weights/npy.js";

/** `--insert` and `--at`: ONNX Runtime's outputs with the gates against those without them, and where weights go. */
const test = suite("driver: inserted gates");

const FOLDER = "test/data/onnx-reference";

let runtime: Runtime;
test.before(async () => {
  runtime = await startRuntime();
});
test.after(() => runtime.close());

async function outputOf(file: string, name: string): Promise<readonly number[]> {
  const { dims, data } = readNpy(join(FOLDER, `${name}.x.npy`));
  const session = await runtime.open(file);
  const outputs = await session.run(new Map([["x", { dims: [...dims], data: Float32Array.from(data) }]]));
  await session.close();
  return [...([...outputs.values()][0]?.data ?? [])];
}

const FILES: readonly (readonly [name: string, insert: string, at: string, gates: number])[] = [
  ["timm-efficientnet", "eca", "after=depthwise", 5],
  ["timm-seresnet", "se={type=se,reduction=16}", "blocks=residual", 4],
  ["torchvision-mobilenetv3-small-w25", "coord", "after=layer", 34],
  ["senet-se-resnet20", "{type=cbam,channels=4}", "position=post,stages=[0,2]", 6],
];

for (const [name, insert, at, gates] of FILES) {
  test(`${name}: ${insert} at ${at} keeps the outputs, and is found in the written file`, async () => {
    await inTemporaryFolder(async (folder) => {
      const output = join(folder, "out.onnx");
      const report = await rewrite(join(FOLDER, `${name}.onnx`), { inserts: [insert], at: [at], output });
      assert.is(report.inserted?.length, gates);
      assert.is(report.verification?.of, "file");
      const [before, after] = [
        await outputOf(join(FOLDER, `${name}.onnx`), name),
        await outputOf(output, name),
      ];
      const range = Math.max(...before) - Math.min(...before);
      const off = Math.max(...before.map((value, i) => Math.abs(value - (after[i] ?? Number.NaN))));
      assert.ok(range > 0.01 && off <= 1e-6 * range, `off by ${off} of ${range}`);

      const again = await rewrite(output, {});
      assert.is(again.raised.length, report.raised.length + gates);
      const kind = report.inserted?.[0]?.kind;
      const scales = again.raised.filter((gate) => gate.kind === kind && gate.scale !== undefined);
      const products = report.inserted?.filter(({ reason }) => reason !== undefined) ?? [];
      assert.is(scales.length, products.length);
      assert.equal(new Set(scales.map(({ scale }) => scale)), new Set(products.map(({ scale }) => scale)));
    });
  });
}

test("several gates go each to its place, beside swaps and other passes", async () => {
  await inTemporaryFolder(async (folder) => {
    const report = await rewrite(join(FOLDER, "timm-efficientnet.onnx"), {
      inserts: ["eca", "{type=sam,kernel=3}"],
      at: ["stages=[1]", "position=post,stages=[2]"],
      swaps: ["se=eca"],
      passes: "simplify",
      output: join(folder, "out.onnx"),
    });
    assert.equal(
      report.inserted?.map(({ at, kind }) => [kind, at.split("/")[2]]),
      [
        ["eca", "blocks.1"],
        ["eca", "blocks.1"],
        ["sam", "blocks.2"],
        ["sam", "blocks.2"],
      ],
    );
    assert.is(report.verification?.of, "gates");
  });
});

test("what can't be put in is refused with every reason, and nothing is written", async () => {
  await inTemporaryFolder(async (folder) => {
    const output = join(folder, "out.onnx");
    const codes = async (options: Parameters<typeof rewrite>[1]): Promise<readonly string[]> => {
      try {
        await rewrite(join(FOLDER, "timm-seresnet.onnx"), { ...options, output });
      } catch (error) {
        assert.not(existsSync(output));
        if (error instanceof InputError) return error.diagnostics.map(({ code }) => code);
        throw error;
      }
      return [];
    };
    assert.equal(await codes({ inserts: ["eca"], at: ["after=depthwise"] }), ["pass/no-site"]);
    assert.equal(await codes({ inserts: ["se-var1"] }), Array(4).fill("pass/no-start"));
    assert.equal(await codes({ inserts: ["ecaa"], at: ["stage=[1]"] }), ["pass/option", "pass/option"]);
    assert.equal(await codes({ at: ["stages=[1]"] }), ["flag/unused"]);
    assert.equal(await codes({ inserts: ["eca"], at: ["stages=[0]", "stages=[1]"] }), ["pass/insert"]);
    const fold = "insert-attention{to=eca,at={blocks=residual},factor=fold}";
    assert.equal(await codes({ passes: fold }), Array(4).fill("pass/no-linear-neighbour"));
  });
});

test("a program that runs a file as it is has no use for --insert", async () => {
  await inTemporaryFolder(async (folder) => {
    const output = join(folder, "program");
    const file = join(FOLDER, "timm-seresnet.onnx");
    try {
      await codegen(file, { language: "ts", output, inserts: ["eca"] });
      assert.unreachable("it is refused");
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      assert.equal(
        error.diagnostics.map(({ code, message }) => `${code} ${message.slice(0, 12)}`),
        ["flag/unused --insert is "],
      );
    }
  });
});

const SPEC = {
  name: "small",
  input: { channels: 3, height: 16, width: 16 },
  stem: { channels: 16, stride: 2 },
  stages: [
    { block: "inverted-residual", expansion: 2, kernel: 3, channels: 16, repeat: 2 },
    { block: "basic", kernel: 3, stride: 2, channels: 32 },
  ],
  head: { classes: 5 },
};

test("weights of before get the gates, and those with trained gates are taken as they are", async () => {
  await inTemporaryFolder(async (folder) => {
    const spec = join(folder, "small.json");
    writeFileSync(spec, JSON.stringify(SPEC));
    const [old, put, trained] = ["old", "put", "trained"].map((name) => join(folder, `${name}.safetensors`));
    assert.ok(old !== undefined && put !== undefined && trained !== undefined);
    const [a, b, c, d] = ["a", "b", "c", "d"].map((name) => join(folder, `${name}.onnx`));
    const flags = { inserts: ["eca"], at: ["after=layer"] };
    await compile(spec, { output: a, exportWeights: old, passes: "stress-weights" });
    const report = await compile(spec, { ...flags, output: b, weights: old, exportWeights: put });
    assert.is(report.inserted?.length, 11);
    assert.is(report.weights?.initial.length, 11);
    // The same file by way of the weights with gates: no factor is applied twice.
    const again = await compile(spec, { ...flags, output: c, weights: put });
    assert.equal(again.weights?.initial, []);
    assert.equal(readFileSync(c ?? ""), readFileSync(b ?? ""));
    // Trained gates stay what they are, through verify as well.
    const stress = "insert-attention{to=eca,at={after=layer}},stress-weights";
    await compile(spec, { output: d, exportWeights: trained, passes: stress });
    const verdict = await verify(spec, {
      weights: trained,
      passes: "insert-attention{to=eca,at={after=layer}}",
      device: "cpu",
    });
    assert.ok(verdict.ok);
  });
});

test("check-passes holds the pass to its promise", async () => {
  await inTemporaryFolder(async (folder) => {
    const spec = join(folder, "small.json");
    writeFileSync(spec, JSON.stringify(SPEC));
    const output = join(folder, "out.onnx");
    const { warnings } = await compile(spec, {
      output,
      inserts: ["coord"],
      at: ["after=layer"],
      checkPasses: true,
    });
    assert.equal(warnings, []);
  });
});

test.run();

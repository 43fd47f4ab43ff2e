import { readFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { distance } from "../../src/base/distance.js";
import { compile } from "../../src/driver/compile/compile.js";
import { rewrite } from "../../src/driver/rewrite/rewrite.js";
import { startRuntime } from "../../src/runtime/session.js";
import { ecagen } from "../cli/run-cli.js";
import { inTemporaryFolder } from "../temporary-folder.js";
import { readNpy } from "../weights/npy.js";

// A swap in a trained network says which gates know nothing, and how far that moves the outputs.

const test = suite("driver: swapped gates");
const FOLDER = "test/data/onnx-reference";
const FILE = join(FOLDER, "timm-efficientnet.onnx");
const INPUT = join(FOLDER, "timm-efficientnet.x.npy");

test("rewrite names each new gate with its start, and how far the outputs moved over the inputs given", () =>
  inTemporaryFolder(async (folder) => {
    const output = join(folder, "out.onnx");
    const { swapped } = await rewrite(FILE, { swaps: ["se=eca"], calibrate: INPUT, output });
    assert.is(swapped?.gates.length, 5);
    assert.equal(swapped?.gates[0], {
      at: "/blocks/blocks.0/blocks.0.0/se",
      from: "se (8 → 2 → 8)",
      to: "eca (k = 3)",
      start: "init",
    });
    const x = readNpy(INPUT);
    const runtime = await startRuntime();
    try {
      const outputs: ArrayLike<number>[] = [];
      for (const file of [FILE, output]) {
        const session = await runtime.open(file);
        const results = await session.run(
          new Map([["x", { dims: [...x.dims], data: Float32Array.from(x.data) }]]),
        );
        outputs.push([...results.values()][0]?.data ?? []);
      }
      const [was = [], is = []] = outputs;
      const { maxRel, cosine } = distance(was, is);
      assert.ok(maxRel > 0.01, "the swap moves the outputs");
      assert.ok(Math.abs((swapped?.moved?.maxRel ?? 0) - maxRel) < 1e-4 * maxRel);
      assert.ok(Math.abs((swapped?.moved?.cosine ?? 0) - cosine) < 1e-6);
      assert.is(swapped?.moved?.inputs, INPUT);
    } finally {
      runtime.close();
    }
  }));

test("gates that are fitted say so and move the outputs less; removed ones have no start", () =>
  inTemporaryFolder(async (folder) => {
    const output = join(folder, "out.onnx");
    const of = async (more: object) => (await rewrite(FILE, { output, calibrate: INPUT, ...more })).swapped;
    const init = await of({ swaps: ["se=eca"] });
    const fit = await of({ swaps: ["se=eca"], newGates: "fit" });
    assert.equal(new Set(fit?.gates.map(({ start }) => start)), new Set(["fit"]));
    assert.ok((fit?.moved?.maxRel ?? 1) < (init?.moved?.maxRel ?? 0) / 2);
    const removed = (await rewrite(FILE, { output, swaps: ["se=none"] })).swapped;
    assert.equal(removed?.gates.map(({ to, start }) => [to, start])[0], [null, null]);
    assert.is(removed?.moved?.inputs, "random:2");
  }));

test("what moves nothing says nothing, and what is not run is not measured", () =>
  inTemporaryFolder(async (folder) => {
    const output = join(folder, "out.onnx");
    assert.is((await rewrite(FILE, { output, swaps: ["se=se"] })).swapped, undefined);
    assert.is((await rewrite(FILE, { output, passes: "simplify" })).swapped, undefined);
    const { swapped } = await rewrite(FILE, { output, swaps: ["se=eca"], verify: false });
    assert.is(swapped?.moved, null);
    assert.match(swapped?.reason ?? "", /--no-verify/);
  }));

test("compile says it of given weights, and only where a swap takes gates away that have some", () =>
  inTemporaryFolder(async (folder) => {
    const at = (name: string): string => join(folder, name);
    const spec = "specs/small.json";
    const passes = "swap-attention{from=se,to=eca}";
    const plain = await compile(spec, {
      output: at("a.onnx"),
      exportWeights: at("se.safetensors"),
      passes: "swap-attention{to=se}",
    });
    assert.is(plain.swapped, undefined);
    const untrained = await compile(spec, {
      output: at("b.onnx"),
      passes: "swap-attention{to=se},swap-attention{to=eca}",
    });
    assert.is(untrained.swapped, undefined);
    const { swapped } = await compile(spec, {
      output: at("c.onnx"),
      weights: at("se.safetensors"),
      passes: `swap-attention{to=se},${passes}`,
    });
    assert.ok((swapped?.gates.length ?? 0) > 0);
    assert.ok((swapped?.moved?.maxRel ?? 0) > 0);
  }));

test("people read which gates start freshly, how far the outputs moved, and what helps", () =>
  inTemporaryFolder(async (folder) => {
    const { code, stdout } = ecagen(["rewrite", FILE, "--swap", "se=eca", "-o", join(folder, "out.onnx")]);
    assert.is(code, 0);
    assert.match(stdout, /^verified, but for the gates that passes changed: /m);
    assert.match(stdout, /^5 new gates start with fresh weights, which know nothing/m);
    assert.match(stdout, /^the outputs moved by \d+ % of their range, cosine 0\.\d+, over 2 random inputs/m);
    assert.match(stdout, /--new-gates fit --calibrate .* codegen --lang pytorch/);
    assert.ok(readFileSync(join(folder, "out.onnx")).length > 0);
  }));

test.run();

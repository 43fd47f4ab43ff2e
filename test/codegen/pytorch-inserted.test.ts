import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { generatePyTorch } from "../../src/codegen/pytorch/generate.js";
import { codegen } from "../../src/driver/codegen/codegen.js";
import { codegenSubject } from "../../src/driver/codegen/program.js";
import { compile } from "../../src/driver/compile/compile.js";
import { specNetwork } from "../../src/given/spec-file.js";
import { diagnosticsOf } from "../passes/support.js";
import { PYTHON, testWithTorch } from "./torch.js";

/**
 * Gates that were put into a network, in its PyTorch module with the weights that codegen writes: it computes what ONNX Runtime makes
 * of the network without them, and all their parameters learn.
 */
const test = suite("codegen: inserted gates in PyTorch");

const SHAPE = [4, 3, 20, 24] as const;

const NETWORK = {
  name: "small",
  input: { channels: 3, height: SHAPE[2], width: SHAPE[3] },
  stem: { channels: 16, stride: 2 },
  blocks: {
    own: {
      layers: [
        { layer: "conv", channels: "channels" },
        { layer: "attention" },
        { layer: "conv", channels: "channels", activation: "none" },
      ],
      residual: true,
    },
  },
  stages: [
    {
      block: "inverted-residual",
      expansion: 2,
      kernel: 3,
      channels: 16,
      repeat: 2,
      attention: { type: "se", channels: 4 },
    },
    { block: "basic", kernel: 3, stride: 2, channels: 32 },
    { block: "bottleneck", kernel: 3, channels: 32, preactivation: true, attention: "eca" },
    { block: "conv-norm-act", kernel: 3, channels: 32 },
    { block: "own", channels: 32, attention: "eca" },
  ],
  head: { channels: 32, classes: 5 },
};

const SQUEEZED = { se: "{type=se,channels=3}", cbam: "{type=cbam,channels=4}", nl: "{type=nl,channels=4}" };

/** What is put in, and how many gates that makes. */
const CASES: readonly (readonly [insert: string, at: string | undefined, gates: number])[] = [
  ["eca", "after=layer", 19],
  [SQUEEZED.se, "after=layer", 19],
  [SQUEEZED.cbam, "after=layer", 19],
  ["coord", "after=layer", 19],
  ["eca", "position=post", 6],
  [SQUEEZED.se, "blocks=residual", 6],
  [SQUEEZED.nl, undefined, 6],
];

let folder = "";
let spec = "";

test.before(() => {
  folder = mkdtempSync(join(tmpdir(), "ecagen-inserted-"));
  spec = join(folder, "small.json");
  writeFileSync(spec, JSON.stringify(NETWORK));
});

test.after(() => rmSync(folder, { recursive: true }));

/** What ONNX Runtime makes of the images. */
async function outputsOf(file: string, x: Float32Array): Promise<readonly number[]> {
  const session = await InferenceSession.create(file, { logSeverityLevel: 3 });
  const [name = ""] = session.inputNames;
  const results = await session.run({ [name]: new Tensor("float32", x, [...SHAPE]) });
  const output = results[session.outputNames[0] ?? ""];
  await session.release();
  return Array.from(output?.data as Float32Array);
}

interface Verdict {
  readonly outputs: readonly number[];
  readonly gates: number;
  readonly without_gradient: readonly string[];
  readonly unmoved: readonly string[];
  readonly finite: boolean;
}

testWithTorch(
  test,
  "the module computes what the network without them does, and each of their parameters moves",
  async () => {
    const size = SHAPE.reduce((a, b) => a * b, 1);
    const x = Float32Array.from({ length: size }, (_, i) => Math.sin(i * 0.37) + Math.cos(i * 0.011));
    const original = join(folder, "original.onnx");
    await compile(spec, { output: original });
    const expected = await outputsOf(original, x);
    const folders: string[] = [];
    for (const [i, [insert, place]] of CASES.entries()) {
      const output = join(folder, String(i));
      await codegen(spec, {
        language: "pytorch",
        output,
        inserts: [insert],
        at: place === undefined ? [] : [place],
      });
      writeFileSync(join(output, "x.f32"), x);
      writeFileSync(join(output, "shape.json"), JSON.stringify(SHAPE));
      folders.push(output);
    }
    const script = fileURLToPath(new URL("../python/check_inserted.py", import.meta.url));
    const { stdout, stderr } = spawnSync(PYTHON, ["-B", script, ...folders], { encoding: "utf8" });
    assert.ok(stdout, stderr);
    const verdicts = JSON.parse(stdout) as readonly Verdict[];
    const range = Math.max(...expected) - Math.min(...expected);
    assert.ok(range > 1e-2);
    CASES.forEach(([insert, place, gates], i) => {
      const verdict = verdicts[i];
      const label = `${insert} ${place}`;
      assert.ok(verdict, label);
      assert.is(verdict.gates, gates, label);
      const off = Math.max(
        ...expected.map((value, j) => Math.abs(value - (verdict.outputs[j] ?? Number.NaN))),
      );
      assert.ok(off < 1e-5 * range, `${label}: off by ${off} of ${range}`);
      assert.equal(verdict.without_gradient, [], label);
      assert.equal(verdict.unmoved, [], label);
      assert.ok(verdict.finite, label);
    });
  },
);

function moduleOf(passes: string): string {
  const network = specNetwork(spec, { passes });
  const file = generatePyTorch(codegenSubject(network, {})).find(({ path }) => path === "model.py");
  return file !== undefined && "text" in file ? file.text : "";
}

test("the table says each gate, and the factor that no layer took over", () => {
  const text = moduleOf("insert-attention{to={type=eca,kernel=5},at={position=post,stages=[1]}}");
  assert.match(
    text,
    /^INSERTED = \{"stages\.1\.blocks\.0\.act": \{"inserted": dict\(type="eca", kernel=5, factor=2\)\}\}$/m,
  );
  assert.match(text, /\n {8}insert\(self\)\n/);
  assert.not.match(moduleOf("swap-attention{to=eca}"), /INSERTED|insert\(self\)/);
});

test("a gate that was put in and swapped or removed again keeps its place and its factor", () => {
  const put = "insert-attention{to=eca,at={position=post,stages=[1]}}";
  assert.match(
    moduleOf(`${put},swap-attention{to={type=se,channels=2},at={stages=[1]}}`),
    /"inserted": dict\(type="se", channels=32, squeezed=2, factor=2\)/,
  );
  assert.match(
    moduleOf(`${put},remove-attention{at={stages=[1]}}`),
    /"inserted": dict\(type="none", factor=2\)/,
  );
});

test("what is no module of its own can't have a gate behind it", () => {
  const shared = join(folder, "residual-gate.json");
  const stages = [{ block: "basic", channels: 16, attention: { type: "eca", residual: true } }];
  writeFileSync(shared, JSON.stringify({ ...NETWORK, stages }));
  const network = specNetwork(shared, { passes: "insert-attention{to=eca,at={blocks=residual}}" });
  const [problem] = diagnosticsOf(() => generatePyTorch(codegenSubject(network, {})));
  assert.is(problem?.code, "codegen/inserted");
});

test.run();

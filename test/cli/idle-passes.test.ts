import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ecagen } from "./run-cli.js";

// A pass that did nothing says so, whatever command runs it and wherever it is asked for.

const test = suite("cli: passes that do nothing");
let folder = "";

test.before.each(() => {
  folder = mkdtempSync(join(tmpdir(), "ecagen-idle-"));
});
test.after.each(() => rmSync(folder, { recursive: true, force: true }));

/** A small network, with SE gates or without. */
function specFile(name: string, passes: readonly unknown[], attention?: string): string {
  const stage = { block: "conv-norm-act", channels: 8, ...(attention === undefined ? {} : { attention }) };
  const spec = {
    name,
    input: { height: 12, width: 12 },
    stem: { channels: 8 },
    stages: [stage],
    head: { classes: 4 },
    passes,
  };
  const file = join(folder, `${name}.json`);
  writeFileSync(file, JSON.stringify(spec, null, 1));
  return file;
}

const NOTHING = /warning: swap-attention: the network has no attention gate \[pass\/no-match\]/;
const LOWERED =
  /error: swap-attention: no gate is left, because lower-attention before it took the gates apart/;

/** Every command that builds a spec's network; `$` stands for the spec. */
const COMMANDS: readonly (readonly string[])[] = [
  ["compile", "$", "-o", "OUT.onnx"],
  ["stats", "$"],
  ["diff", "$", "$"],
  ["verify", "$"],
  ["codegen", "$", "--lang", "pytorch", "-o", "OUT"],
  ["explain", "k", "$"],
  ["bench", "$", "--processes", "1", "--runs", "1", "--warmup", "0"],
];

for (const command of COMMANDS) {
  const [name = ""] = command;
  const run = (file: string, ...more: readonly string[]) =>
    ecagen([
      ...command.map((each) => (each === "$" ? file : each.replace("OUT", join(folder, "out")))),
      ...more,
    ]);

  test(`${name} warns of a swap in a spec that finds no gate, in text and in JSON`, () => {
    const file = specFile("plain", ["swap-attention{to=eca}"]);
    const { code, stderr } = run(file);
    assert.is(code, 0, stderr);
    assert.match(stderr, NOTHING);
    assert.match(stderr, /at \$\.passes\[0\]/);
    const again = run(file, "--json", ...(name === "codegen" ? ["--force"] : []));
    const { warnings } = JSON.parse(again.stdout) as { warnings: readonly Record<string, unknown>[] };
    assert.is(warnings[0]?.code, "pass/no-match");
    assert.is(warnings[0]?.path, "$.passes[0]");
    assert.is(typeof warnings[0]?.line, "number");
  });

  test(`${name} refuses a swap behind the lowering, and writes nothing`, () => {
    const { code, stderr } = run(specFile("late", ["lower-attention", "swap-attention{to=eca}"], "ese"));
    assert.is(code, 2, stderr);
    assert.match(stderr, LOWERED);
    assert.equal(readdirSync(folder), ["late.json"]);
  });
}

test("--passes warns and refuses as the spec does", () => {
  const file = specFile("plain", []);
  const gated = specFile("gated", [], "ese");
  for (const command of [["stats"], ["verify"], ["explain", "k"]]) {
    const idle = ecagen([...command, file, "--passes", "swap-attention{to=eca}"]);
    assert.is(idle.code, 0, idle.stderr);
    assert.match(idle.stderr, NOTHING);
    const late = ecagen([...command, gated, "--passes", "lower-attention,swap-attention{to=eca}"]);
    assert.is(late.code, 2);
    assert.match(late.stderr, LOWERED);
  }
});

test("rewrite warns, names passes that changed nothing, and refuses a swap behind the lowering", () => {
  const [plain, gated] = [join(folder, "plain.onnx"), join(folder, "gated.onnx")];
  assert.is(ecagen(["compile", specFile("plain", []), "-o", plain]).code, 0);
  assert.is(ecagen(["compile", specFile("gated", [], "ese"), "-o", gated]).code, 0);
  const out = join(folder, "out.onnx");
  const idle = ecagen(["rewrite", plain, "--passes", "swap-attention{to=eca},fold-batch-norm", "-o", out]);
  assert.is(idle.code, 0, idle.stderr);
  assert.match(idle.stderr, NOTHING);
  assert.match(idle.stderr, /note: the pass fold-batch-norm changed nothing/);
  const late = ecagen(["rewrite", gated, "--passes", "lower-attention,swap-attention{to=eca}", "-o", out]);
  assert.is(late.code, 2);
  assert.match(late.stderr, LOWERED);
});

test("a batch, a tidying pass and a swap in one command find the gate that they show, in either order", () => {
  // Whether the swap finds the gate by itself: BatchNorms between its layers don't hide it, sizes that depend on the batch do.
  const cases: readonly (readonly [file: string, flags: readonly string[], alone: number])[] = [
    ["order-fold-and-swap", ["--passes", "fold-batch-norm"], 0],
    ["order-batch-and-swap", ["--batch", "1"], 2],
  ];
  for (const [name, flags, code] of cases) {
    const file = `test/data/cases/${name}.onnx`;
    const alone = ecagen(["rewrite", file, "--swap", "se=eca", "-o", join(folder, "alone.onnx")]);
    assert.is(alone.code, code, `${name}: ${alone.stderr}`);
    for (const args of [
      [...flags, "--swap", "se=eca"],
      ["--swap", "se=eca", ...flags],
    ]) {
      const out = join(folder, "out.onnx");
      const { code, stdout, stderr } = ecagen(["rewrite", file, ...args, "-o", out]);
      assert.is(code, 0, stderr);
      assert.match(stdout, /1 gates? found/);
    }
  }
});

test.run();

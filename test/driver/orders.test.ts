import { readdirSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { InputError } from "../../src/base/diagnostic.js";
import { type RewriteOptions, type RewriteReport, rewrite } from "../../src/driver/rewrite/rewrite.js";
import { inTemporaryFolder } from "../temporary-folder.js";

const test = suite("driver: orders of what rewrite does");

/** What one flag asks for. */
const STEPS = {
  batch: { batch: 1 },
  fold: { passes: "fold-batch-norm" },
  simplify: { passes: "simplify" },
  swap: { swaps: ["any=eca"] },
} as const satisfies { readonly [name: string]: RewriteOptions };

type Step = keyof typeof STEPS;
const NAMES = Object.keys(STEPS) as readonly Step[];

/** Gates that show only with a fixed batch, or with BatchNorms folded; written flat, by GELU, by a hard sigmoid; two gates in one. */
const FILES = [
  "cases/order-batch-and-swap",
  "cases/order-fold-and-swap",
  "onnx/se-linear-unfolded-17",
  "onnx/se-flat-11",
  "onnx/se-mean-gelu-13",
  "onnx/keras-hard-sigmoid-13",
  "onnx/cbam-timm-unfolded-13",
  "onnx/paddle-se-11",
].map((name) => `test/data/${name}.onnx`);

function both(first: Step, second: Step): RewriteOptions {
  const [a, b]: readonly [RewriteOptions, RewriteOptions] = [STEPS[first], STEPS[second]];
  const passes = [a.passes, b.passes].filter((each) => each !== undefined).join();
  return { ...a, ...b, ...(passes === "" ? {} : { passes }) };
}

/** What a command says of the file that it writes, or the code of its refusal. */
async function written(
  file: string,
  options: RewriteOptions,
  output: string,
): Promise<RewriteReport | string> {
  try {
    return await rewrite(file, { ...options, output, verify: false, digest: false });
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return error.diagnostics[0]?.code ?? "";
  }
}

const factsOf = (said: RewriteReport | string) =>
  typeof said === "string"
    ? said
    : { nodes: said.nodes, parameters: said.parameters, gates: said.attentionParameters, macs: said.macs };

for (const file of FILES) {
  test(`${file}: one command gives what two give, in any order`, () =>
    inTemporaryFolder(async (folder) => {
      let compared = 0;
      for (const first of NAMES) {
        for (const second of NAMES.filter((name) => name !== first)) {
          const [one, two] = [join(folder, "1.onnx"), join(folder, "2.onnx")];
          const together = await written(file, both(first, second), two);
          const alone = await written(file, STEPS[first], one);
          // A swap that comes first does not see the gates that the other step shows; one command does.
          if (first === "swap" && typeof alone === "string") continue;
          const after = typeof alone === "string" ? alone : await written(one, STEPS[second], two);
          assert.equal(factsOf(together), factsOf(after), `${first}, then ${second}`);
          if (typeof after !== "string") compared++;
        }
      }
      assert.ok(compared >= 6, `${compared} of 12`);
    }));
}

const kindsOf = ({ raised }: RewriteReport): readonly string[] =>
  raised.map(({ kind, channels }) => `${kind} of ${channels}`);

test("simplify hides no gate of any file, and a second run finds nothing to do", () =>
  inTemporaryFolder(async (folder) => {
    const files = readdirSync("test/data/onnx").filter((name) => name.endsWith(".onnx"));
    for (const name of files) {
      const [once, twice] = [join(folder, "once.onnx"), join(folder, "twice.onnx")];
      const before = await rewrite(join("test/data/onnx", name));
      const options = { passes: "simplify", verify: false, digest: false };
      await rewrite(join("test/data/onnx", name), { ...options, output: once });
      const second = await rewrite(once, { ...options, output: twice });
      const found = kindsOf(await rewrite(twice));
      for (const kind of kindsOf(before)) assert.ok(found.includes(kind), `${name} has no ${kind} any more`);
      assert.is(second.passes[0]?.changed, false, name);
    }
    assert.ok(files.length > 30);
  }));

test.run();

import { readdirSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { compile } from "../../src/driver/compile/compile.js";
import { verify } from "../../src/driver/verify/verify.js";
import { specNetwork } from "../../src/given/spec-file.js";
import { lower } from "../../src/networks/export.js";
import type { ModelMessage, NodeMessage } from "../../src/onnx/file/proto.js";
import { exportPipeline } from "../../src/passes/export-pipeline.js";
import type { Verdict } from "../../src/runtime/compare.js";
import { checkPasses } from "../../src/trials/check-passes.js";
import { evaluateReference } from "../../src/trials/reference-runs.js";
import { stressed } from "../../src/trials/stressed.js";
import { changeModel, scaleInitializer } from "../onnx/changed-model.js";
import { inTemporaryFolder } from "../temporary-folder.js";

const test = suite("driver: verify, right networks");
const FOLDER = "test/data/verify";

/** Seeds with which a network was once called wrong, where that is not 0. */
const SEEDS: Readonly<Record<string, number>> = {
  "images-of-different-size.json": 188,
  "not-square.json": 138,
  "dead-under-the-first-stress-weights.json": 98,
  "coord-gates-near-zero.json": 676,
  "non-local-large-logits.json": 1117,
  "se-gates-near-zero.json": 1197,
  "saturated-for-one-image.json": 1586,
};

// One class, equal logits, zeros, subnormal numbers, heat maps near zero, NaN and infinities, gates of little effect, gates and softmaxes inside of attention modules; files
// whose weights stand in Constant nodes or behind Identity, or that have initializers that are no weights.
for (const name of readdirSync(FOLDER)) {
  test(`${name} is right`, async () => {
    const seed = SEEDS[name] ?? 0;
    const report = await verify(join(FOLDER, name), { seed });
    assert.is(report.verdict, "right", JSON.stringify({ ...report, gates: undefined }, null, 1));
    assert.ok(report.ok);
    assert.equal(report.undecided, []);
    for (const { tolerance, float32Error } of report.comparisons) {
      assert.ok(tolerance <= 10.0001 * float32Error, `${tolerance} is more than 10 times ${float32Error}`);
    }
  });
}

test("a file is right with any seed: its stress weights are those of the reference", async () => {
  const report = await verify("test/data/onnx-reference/senet-se-resnet20.onnx", { seed: 1, batches: [1] });
  assert.is(report.verdict, "right", JSON.stringify(report, null, 1));
});

/** The export of a spec with a change, compared with the spec: the verdicts of the file's comparisons, by weights. */
async function verdictsOfChanged(
  spec: string,
  change: (nodes: NodeMessage[], model: ModelMessage) => void,
): Promise<{
  readonly verdict: Verdict;
  readonly own: readonly Verdict[];
  readonly stress: readonly Verdict[];
}> {
  return inTemporaryFolder(async (folder) => {
    const [path, file] = [join(FOLDER, spec), join(folder, "changed.onnx")];
    await compile(path, { output: file });
    changeModel(file, change);
    const { verdict, comparisons } = await verify(path, { against: file });
    const of = (weights: string): readonly Verdict[] =>
      comparisons
        .filter((each) => each.a === "reference" && each.b.startsWith(file) && each.weights === weights)
        .map((each) => each.verdict);
    return { verdict, own: of("initial weights"), stress: of("stress weights") };
  });
}

test("a convolution that reads nothing but padding can't be told, and is not wrong", async () => {
  const report = await verify("test/data/verify-undecided/reads-only-padding.json", { seed: 299 });
  assert.is(report.verdict, "undecided", JSON.stringify(report.comparisons));
});

test("a changed weight, attribute or edge is wrong, of an output of one number and of two close ones", async () => {
  const weight = await verdictsOfChanged("one-class.json", (_nodes, model) =>
    scaleInitializer(model, "head.classifier.weight", 1.001),
  );
  assert.is(weight.verdict, "wrong");
  assert.ok(weight.own.includes("wrong"));
  const edge = await verdictsOfChanged("close-logits.json", (nodes) => {
    const gate = nodes.findLast(({ opType }) => opType === "Mul");
    const [x] = gate?.input ?? [];
    assert.ok(gate && x);
    gate.input = [x, x];
  });
  assert.equal(edge.stress, ["wrong", "wrong"]);
  const attribute = await verdictsOfChanged("close-logits.json", (nodes) => {
    const pads = nodes.flatMap(({ attribute = [] }) => attribute ?? []).find(({ name }) => name === "pads");
    assert.ok(pads);
    pads.ints = [0, 0, 2, 2];
  });
  assert.equal(attribute.stress, ["wrong", "wrong"]);
});

test("zeros that a mistake leaves as they are don't hide it: other weights show it", async () => {
  const { verdict, stress } = await verdictsOfChanged("zero-output.json", (nodes) => {
    const pads = nodes.flatMap(({ attribute = [] }) => attribute ?? []).find(({ name }) => name === "pads");
    assert.ok(pads);
    pads.ints = [0, 0, 2, 2];
  });
  assert.is(verdict, "wrong");
  assert.equal(stress, ["wrong", "wrong"]);
  const right = await verdictsOfChanged("zero-output.json", () => {});
  assert.equal(right, { verdict: "right", own: ["undecided", "undecided"], stress: ["right", "right"] });
});

test("--check-passes keeps quiet about close logits and zeros", () => {
  for (const name of ["close-logits.json", "zero-output.json", "one-class.json"]) {
    const { built, invocations } = specNetwork(join(FOLDER, name));
    assert.not.throws(() => checkPasses(built, [...invocations, ...exportPipeline({})]));
  }
});

test("stress weights are as well conditioned for a folded graph as for a spec's", async () => {
  const network = specNetwork("specs/tf-v2-b0-se.json", { resolution: 64 });
  for (const graph of [network.meant, lower(network, {}).graph]) {
    const weighted = stressed(graph, 0);
    const { outputs, errors, responses } = await evaluateReference(
      weighted,
      2,
      { weights: 0, inputs: 0 },
      "float32",
    );
    const logits = outputs(1).get("logits") ?? [];
    const size = Math.max(...Array.from(logits, Math.abs));
    assert.ok(size > 0.1 && size < 100, `numbers are around 1, not ${size}`);
    const [error = 1, response = 0] = [errors.get("logits")?.whole.error, responses.get("logits")];
    assert.ok(error < 1e-5 * size, `float32 is off by ${error} of ${size}`);
    assert.ok(response > 1e-2 * size, `the output moves by ${response} of ${size}`);
  }
});

test.run();

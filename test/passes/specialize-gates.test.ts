import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { specNetwork } from "../../src/given/spec-file.js";
import type { Graph, Op } from "../../src/ir/graph.js";
import { parseGraph } from "../../src/ir/parse.js";
import { forBatch } from "../../src/networks/export.js";
import { runPasses } from "../../src/passes/engine/manager.js";
import { invocationOf } from "../../src/passes/engine/pipeline.js";
import { exportPipeline } from "../../src/passes/export-pipeline.js";
import { raiseAttention } from "../../src/passes/raise/raise-attention.js";
import { plainGates } from "../../src/passes/specialize/plain-gates.js";
import { planSites, STRATEGY_NAMES, type StrategyName } from "../../src/passes/specialize/plan.js";
import { assertSameValues } from "./support.js";

const test = suite("passes: specialize-gates");

let folder: string;
const NETWORKS = ["inverted-residual", "bottleneck"] as const;

/** SE and ECA, with and without a sum behind the gate; in bottlenecks the gate stands behind a convolution, else before one. */
test.before(() => {
  folder = mkdtempSync(join(tmpdir(), "ecagen-specialize-"));
  for (const block of NETWORKS) {
    const stage = (attention: string, stride: number) => ({
      ...{
        block,
        repeat: 2,
        stride,
        channels: 16,
        attention,
        ...(block === "inverted-residual" ? { expansion: 2 } : {}),
      },
    });
    const spec = {
      ...{ name: block, input: { channels: 3, height: 16, width: 16 }, stem: { channels: 8 } },
      ...{ stages: [stage("eca", 1), stage("se", 2)], head: { classes: 5 } },
    };
    writeFileSync(join(folder, `${block}.json`), JSON.stringify(spec));
  }
});
test.after(() => rmSync(folder, { recursive: true, force: true }));

function lowered(
  name: string,
  strategy: StrategyName | "auto" | undefined,
  batch: number | "dynamic" = 1,
): Graph {
  const network = specNetwork(join(folder, `${name}.json`));
  const pipeline = exportPipeline({ target: "cpu" }).flatMap((each) => {
    if (each.pass !== "specialize-gates") return [each];
    return strategy === undefined ? [] : [invocationOf("specialize-gates", { strategy })];
  });
  const stressed = runPasses(network.graph, [invocationOf("stress-weights")]).graph;
  return runPasses(forBatch(stressed, { batch, target: "cpu" }), pipeline).graph;
}

const countOf = (graph: Graph, kind: string): number => graph.ops.filter((op) => op.kind === kind).length;

for (const name of NETWORKS) {
  for (const strategy of STRATEGY_NAMES)
    test(`${strategy} keeps the values of ${name} blocks`, () => {
      const [before, after] = [lowered(name, undefined), lowered(name, strategy)];
      assertSameValues(before, after);
      assert.is(countOf(after, "resize"), strategy === "same-shape" ? 4 : 0);
      // The maps themselves are not multiplied any more.
      const isGated = ({ kind, operands }: Op): boolean =>
        kind === "mul" && new Set(operands.map(({ type }) => String(type.dims[2]))).size === 2;
      assert.is(after.ops.filter(isGated).length, strategy === "plain" ? 4 : 0);
    });

  test(`the gates of ${name} blocks are found in every form, with their parameters`, () => {
    const plain = raiseAttention(lowered(name, undefined)).raised;
    assert.is(plain.length, 4);
    for (const strategy of STRATEGY_NAMES) {
      const { raised } = raiseAttention(lowered(name, strategy));
      const facts = (gates: typeof raised) =>
        gates.map(({ kind, channels, parameters, options }) => ({ kind, channels, parameters, options }));
      assert.equal(facts(raised), facts(plain), strategy);
    }
  });
}

test("a gate is folded for one image alone", () => {
  for (const batch of [8, "dynamic"] as const) {
    const graph = lowered("inverted-residual", undefined, batch);
    const sites = planSites(graph, { threads: 1, opset: 17, strategy: "auto" });
    assert.is(sites.length, 4);
    for (const { chosen, candidates } of sites) {
      assert.is.not(chosen, "folded");
      assert.match(String(candidates.find((each) => each.name === "folded")?.refusal), /each image/);
    }
    assertSameValues(graph, lowered("inverted-residual", "folded", batch));
    assertSameValues(graph, lowered("inverted-residual", "same-shape", batch));
  }
});

test("a gate is not enlarged for operator sets without Resize", () => {
  const graph = lowered("inverted-residual", undefined);
  const chosen = (opset: number) =>
    planSites(graph, { threads: 1, opset, strategy: "same-shape" }).map((planned) => planned.chosen);
  assert.equal([...new Set(chosen(9))], ["plain"]);
  assert.equal([...new Set(chosen(10))], ["same-shape"]);
});

test("the cheapest form is chosen", () => {
  for (const name of NETWORKS)
    for (const { chosen, candidates } of planSites(lowered(name, undefined), {
      threads: 1,
      opset: 17,
      strategy: "auto",
    })) {
      const times = candidates.flatMap(({ microseconds = Number.POSITIVE_INFINITY }) => microseconds);
      const own = candidates.find((each) => each.name === chosen)?.microseconds;
      assert.is(own, Math.min(...times));
    }
});

test("a graph without such gates stays what it is", () => {
  const graph = lowered("inverted-residual", undefined);
  const withoutBands = runPasses(
    forBatch(specNetwork("specs/small.json").graph, { batch: 1, target: "cpu" }),
    exportPipeline({ target: "portable" }),
  ).graph;
  assert.is(plainGates(withoutBands), withoutBands);
  assert.is.not(plainGates(graph), graph);
});

/** What looks like a form of a gate and is none, or one of others. */
const LOOKALIKES: Readonly<Record<string, string>> = {
  "a maximum of the map, enlarged": `
    %m : float32[1, 4, 1, 1] = max_pool(%x) {kernel = [6, 6]} loc(/m)
    %e : float32[1, 4, 6, 6] = resize(%m) {scales = [1, 1, 6, 6], coordinates = "asymmetric", rounding = "floor"} loc(/e)
    %y : float32[1, 4, 6, 6] = mul(%x, %e) loc(/y)`,
  "a depthwise convolution by 1 with strides": `
    %o : float32[1, 4, 3, 3] = conv(%x, @ones) {group = 4, strides = [2, 2]} loc(/o)
    %y : float32[1, 4, 3, 3] = sigmoid(%o) loc(/y)`,
  "a depthwise convolution by 1 with padding": `
    %o : float32[1, 4, 8, 8] = conv(%x, @ones) {group = 4, pads = [1, 1, 1, 1]} loc(/o)
    %y : float32[1, 4, 8, 8] = sigmoid(%o) loc(/y)`,
  "a padded layer of a mean that a map has, too": `
    %c : float32[1, 4, 6, 6] = conv(%x, @three) {pads = [1, 1, 1, 1]} loc(/c)
    %m : float32[1, 4, 1, 1] = global_avg_pool(%x) loc(/m)
    %d : float32[1, 4, 1, 1] = conv(%m, @three) {pads = [1, 1, 1, 1]} loc(/d)
    %y : float32[1, 4, 6, 6] = mul(%c, %d) loc(/y)`,
  "rows of weights that another number scales than the bias": `
    %m : float32[1, 4, 1, 1] = global_avg_pool(%x) loc(/m)
    %s : float32[1, 4, 1, 1] = sigmoid(%m) loc(/s)
    %r : float32[4, 1, 1, 1] = reshape(%s) {shape = [4, 1, 1, 1]} loc(/r)
    %b : float32[4] = reshape(%m) {shape = [4]} loc(/b)
    %w : float32[4, 4, 1, 1] = mul(@one, %r) loc(/w)
    %o : float32[4] = mul(@bias, %b) loc(/o)
    %y : float32[1, 4, 6, 6] = conv(%x, %w, %o) loc(/y)`,
  "a convolution in groups with computed weights": `
    %m : float32[1, 4, 1, 1] = global_avg_pool(%x) loc(/m)
    %h : float32[1, 2, 1, 1] = slice(%m) {axis = 1, start = 0, end = 2} loc(/h)
    %w : float32[4, 2, 1, 1] = mul(@halves, %h) loc(/w)
    %y : float32[1, 4, 6, 6] = conv(%x, %w) {group = 2} loc(/y)`,
  "two layers of one mean with the same weights and other biases": `
    %c : float32[1, 4, 6, 6] = conv(%x, @one, @bias) loc(/c)
    %m : float32[1, 4, 1, 1] = global_avg_pool(%x) loc(/m)
    %d : float32[1, 4, 1, 1] = conv(%m, @one) loc(/d)
    %e : float32[1, 4, 1, 1] = conv(%m, @one, @bias) loc(/e)
    %f : float32[1, 4, 1, 1] = mul(%d, %e) loc(/f)
    %y : float32[1, 4, 6, 6] = mul(%c, %f) loc(/y)`,
};

for (const [name, ops] of Object.entries(LOOKALIKES))
  test(`${name} keeps its values where gates are looked for`, () => {
    const parameters: Readonly<Record<string, string>> = {
      ones: "constant([4, 1, 1, 1], 1)",
      one: 'normal([4, 4, 1, 1], 1, "one")',
      three: 'normal([4, 4, 3, 3], 1, "three")',
      halves: 'normal([4, 2, 1, 1], 1, "halves")',
      bias: 'normal([4], 1, "bias")',
    };
    const used = Object.entries(parameters).filter(([each]) => new RegExp(`@${each}\\b`).test(ops));
    const lines = used.map(([each, data]) => `  trainable @${each} = ${data}`);
    const text = [
      'graph "g" {',
      "  input %x : float32[1, 4, 6, 6]",
      ...lines,
      ops.trim(),
      "  return %y",
      "}",
    ];
    const graph = parseGraph(text.join("\n"));
    assertSameValues(graph, plainGates(graph));
  });

test.run();

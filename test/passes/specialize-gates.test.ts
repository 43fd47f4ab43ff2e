import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { specNetwork } from "../../src/given/spec-file.js";
import type { Graph, Op } from "../../src/ir/graph.js";
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
    const sites = planSites(graph, { threads: 1, strategy: "auto" });
    assert.is(sites.length, 4);
    for (const { chosen, candidates } of sites) {
      assert.is.not(chosen, "folded");
      assert.match(String(candidates.find((each) => each.name === "folded")?.refusal), /each image/);
    }
    assertSameValues(graph, lowered("inverted-residual", "folded", batch));
    assertSameValues(graph, lowered("inverted-residual", "same-shape", batch));
  }
});

test("the cheapest form is chosen", () => {
  for (const name of NETWORKS)
    for (const { chosen, candidates } of planSites(lowered(name, undefined), {
      threads: 1,
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

test.run();

import { suite } from "uvu";
import * as assert from "uvu/assert";
import * as z from "zod";
import { debugging } from "../../src/base/debugging.js";
import { Defect } from "../../src/base/diagnostic.js";
import { freezeGraph } from "../../src/ir/builder.js";
import type { Graph, Op } from "../../src/ir/graph.js";
import { parseGraph } from "../../src/ir/parse.js";
import { printGraph } from "../../src/ir/print.js";
import { rewriteGraph } from "../../src/ir/rewrite.js";
import { tensorType } from "../../src/ir/types.js";
import { storedWeight } from "../../src/ir/weight.js";
import { type PassEvent, runPass, runPasses } from "../../src/passes/engine/manager.js";
import { definePass, type Pass } from "../../src/passes/engine/pass.js";
import { parsePipeline, printPipeline } from "../../src/passes/engine/pipeline.js";
import { exportPipeline } from "../../src/passes/export-pipeline.js";
import { diagnosticsOf, rewrite } from "./support.js";

const test = suite("passes: manager");

const NETWORK = `graph "g" {
  input %x : float32[N, 3, 4, 4]
  %stem/act : float32[N, 3, 4, 4] = silu(%x) loc(/stem/act, "$.stem")
  %y : float32[N, 3, 1, 1] = global_avg_pool(%stem/act) loc(/head/pool, "$.head")
  return %y
}`;

/** A pass that is not what it should be. */
function passThat(run: (graph: Graph) => Graph): Pass {
  return definePass({
    name: "broken-pass",
    doc: "",
    options: () => z.strictObject({}),
    preserves: "values",
    run,
  });
}

function defectOf(run: (graph: Graph) => Graph): string {
  try {
    runPass(passThat(run), parseGraph(NETWORK), {});
  } catch (error) {
    if (error instanceof Defect) return error.message;
    throw error;
  }
  throw new Error("expected a Defect");
}

function mapFirstOp(graph: Graph, change: (op: Op) => Op): Graph {
  return freezeGraph({ ...graph, ops: graph.ops.map((op, i) => (i === 0 ? change(op) : op)) });
}

test("a graph that a pass breaks is a defect that names the pass and shows the op before and after", () => {
  const message = defectOf((graph) =>
    mapFirstOp(graph, (op) => ({
      ...op,
      results: op.results.map((result) => ({ ...result, type: tensorType([1]) })),
    })),
  );
  assert.match(message, "the pass broken-pass leaves an invalid graph behind");
  assert.match(message, "silu at /stem/act: stem/act is float32[1], inferred float32[N, 3, 4, 4]");
  assert.match(message, "before: %stem/act : float32[N, 3, 4, 4] = silu(%x)");
  assert.match(message, "after: %stem/act : float32[1] = silu(%x)");
});

test("so is an op that has gone while another needs it", () => {
  const message = defectOf((graph) => freezeGraph({ ...graph, ops: graph.ops.slice(1) }));
  assert.match(message, "global_avg_pool at /head/pool: stem/act is used before it is defined");
});

test("an op that the IR doesn't know is named even though it has no text form", () => {
  const message = defectOf((graph) => mapFirstOp(graph, (op) => ({ ...op, kind: "swish" }) as unknown as Op));
  assert.match(message, "unknown op swish");
  assert.match(message, "after: swish(x)");
});

test("a pass must leave names and types of inputs and outputs as they are", () => {
  const renamed = defectOf((graph) =>
    freezeGraph({
      ...graph,
      ops: graph.ops.slice(0, 1),
      outputs: graph.ops[0]?.results ?? [],
    }),
  );
  assert.match(renamed, "the pass broken-pass changes the graph's outputs");
  assert.match(renamed, "before: y : float32[N, 3, 1, 1]");
  assert.match(renamed, "after: stem/act : float32[N, 3, 4, 4]");
  const extended = defectOf((graph) =>
    freezeGraph({
      ...graph,
      inputs: [...graph.inputs, { kind: "input", name: "z", type: tensorType([1]) }],
    }),
  );
  assert.match(extended, "changes the graph's inputs");
});

test("whether a pass changed something is found by looking", () => {
  const changed = (run: (graph: Graph) => Graph): boolean =>
    runPass(passThat(run), parseGraph(NETWORK), {}).changed;
  assert.is(
    changed((graph) => graph),
    false,
  );
  assert.is(
    changed((graph) => rewriteGraph(graph, "broken-pass", () => undefined)),
    false,
  );
  // The same ops in other objects.
  assert.is(
    changed((graph) => parseGraph(printGraph(graph))),
    false,
  );
  assert.is(
    changed((graph) => mapFirstOp(graph, (op) => ({ ...op, kind: "relu" }) as Op)),
    true,
  );
  assert.is(
    changed((graph) => mapFirstOp(graph, (op) => ({ ...op, loc: { ...op.loc, pass: "broken-pass" } }))),
    true,
  );
});

test("other numbers in a parameter are a change", () => {
  const { reports } = runPasses(
    parseGraph(`graph "g" {
      input %x : float32[N, 2]
      trainable @w = normal([2, 2], 1, "w")
      %y : float32[N, 2] = gemm(%x, @w) loc(/y)
      return %y
    }`),
    parsePipeline("stress-weights,fold-batch-norm"),
  );
  assert.equal(
    reports.map((report) => report.changed),
    [true, false],
  );
});

test("a hook sees every pass in order", () => {
  const events: PassEvent[] = [];
  const { graph, reports } = runPasses(
    parseGraph(NETWORK),
    parsePipeline("fold-batch-norm,lower-activation,eliminate-dead-code"),
    {
      after: (event) => events.push(event),
    },
  );
  assert.equal(
    events.map(({ index, name, changed }) => [index, name, changed]),
    [
      [0, "fold-batch-norm", false],
      [1, "lower-activation", true],
      [2, "eliminate-dead-code", false],
    ],
  );
  assert.ok(events.every(({ ms }) => ms >= 0));
  assert.is(events[2]?.graph, graph);
  assert.equal(Object.keys(reports[0] ?? {}).sort(), ["changed", "ms", "name"]);
});

test("an unknown pass is the user's mistake", () => {
  const [problem] = diagnosticsOf(() => runPasses(parseGraph(NETWORK), [{ pass: "nope", options: {} }]));
  assert.is(problem?.code, "pass/unknown");
});

test("with ECAGEN_TEXT_ROUNDTRIP=1 passes see the graph after its text form, and make the same of it", () => {
  const stored = { ...parseGraph(NETWORK) };
  const text = `graph "g" {
    input %x : float32[N, 2]
    fixed @w = stored([2, 2], "w")
    %y : float32[N, 2] = gemm(%x, @w) loc(/y)
    return %y
  }`;
  const withStored = parseGraph(text, "<ir>", new Map([["w", new Float32Array([1, 2, 3, 4])]]));
  const direct = rewrite("lower-activation", NETWORK);
  const before = debugging.throughText;
  debugging.throughText = true;
  try {
    const seen: Graph[] = [];
    const { graph, reports } = runPasses(stored, parsePipeline("lower-activation,eliminate-dead-code"), {
      after: (event) => seen.push(event.before),
    });
    assert.is(printGraph(graph), printGraph(direct));
    assert.is.not(seen[0], stored);
    assert.equal(
      reports.map((report) => report.changed),
      [true, false],
    );
    const kept = runPasses(withStored, parsePipeline("eliminate-dead-code")).graph.ops[0]?.operands[1];
    assert.ok(kept?.kind === "parameter");
    assert.equal(kept.data, storedWeight([2, 2], "w", new Float32Array([1, 2, 3, 4])));
  } finally {
    debugging.throughText = before;
  }
});

test("the export pipeline lowers attention before activations and cleans up last", () => {
  assert.is(
    printPipeline(exportPipeline({})),
    "strip-training,standardize-weights,lower-attention,fold-batch-norm,lower-activation,fold-constants," +
      "eliminate-common-subexpressions,eliminate-dead-code",
  );
  assert.is(
    printPipeline(exportPipeline({ opset: 13, target: "gpu", keepBatchNorm: true })),
    "strip-training,standardize-weights,lower-attention{target=gpu},lower-activation{opset=13},fold-constants," +
      "eliminate-common-subexpressions,eliminate-dead-code",
  );
});

test.run();

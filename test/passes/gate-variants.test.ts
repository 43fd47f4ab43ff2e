import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { countNetwork } from "../../src/analysis/counts.js";
import { openModel } from "../../src/files/models/open.js";
import { attentionTypeOf } from "../../src/ir/attention/modules.js";
import type { Graph } from "../../src/ir/graph.js";
import { isPrimitive } from "../../src/ir/ops/registry.js";
import { runPasses } from "../../src/passes/engine/manager.js";
import { parsePipeline } from "../../src/passes/engine/pipeline.js";
import { raiseAttention } from "../../src/passes/raise/raise-attention.js";
import { evaluateGraph } from "../../src/reference/interpreter.js";
import { numbersOf } from "./support.js";

/** Variants of ECA and SE, each a PyTorch module of test/python/make_gate_variants.py, with PyTorch's numbers. */
const test = suite("passes: variants of gates, exported by PyTorch");

interface Case {
  readonly gates: readonly Readonly<Record<string, unknown>>[];
  readonly parameters: number;
  readonly x: readonly number[];
  readonly y: readonly number[];
}

const FOLDER = "test/data/gate-variants";
const CASES = JSON.parse(readFileSync(`${FOLDER}/cases.json`, "utf8")) as Readonly<Record<string, Case>>;
const DIMS = [2, 8, 3, 4];

function assertComputes(graph: Graph, { x, y }: Case): void {
  const results = evaluateGraph(
    graph,
    new Map([["x", { dims: DIMS, data: Float64Array.from(x) }]]),
    numbersOf,
  );
  const result = results.get("y");
  assert.equal(result?.dims, DIMS);
  const range = Math.max(...y) - Math.min(...y);
  assert.ok(range > 0.1, "the output is flat");
  const off = Math.max(...y.map((value, i) => Math.abs(value - (result?.data[i] ?? Number.NaN))));
  assert.ok(off < 1e-6 * range, `off by ${off} of ${range}`);
}

for (const [name, given] of Object.entries(CASES)) {
  test(`${name}: the gates are found, counted, lowered and swapped`, () => {
    const { graph, close } = openModel(`${FOLDER}/${name}.onnx`);
    const { graph: raised, raised: gates, rejected } = raiseAttention(graph);
    assert.equal(rejected, []);
    assert.equal(
      gates.map(({ kind, options }) => ({ type: kind, ...options })),
      given.gates,
    );
    assert.is(
      gates.reduce((sum, { parameters }) => sum + parameters, 0),
      given.parameters,
    );
    assert.is(countNetwork(raised).parameters, given.parameters);
    assertComputes(raised, given);
    const lowered = runPasses(raised, parsePipeline("lower-attention,lower-activation")).graph;
    assert.ok(lowered.ops.every(({ kind }) => isPrimitive(kind)));
    assertComputes(lowered, given);
    const swap = "swap-attention{to={type=se-var2}}";
    const swapped = runPasses(raised, parsePipeline(swap)).graph;
    assert.equal(
      swapped.ops.flatMap(({ kind }) => attentionTypeOf(kind) ?? []),
      given.gates.map(() => "se-var2"),
    );
    close();
  });
}

test.run();

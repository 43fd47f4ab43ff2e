import * as assert from "uvu/assert";
import { type Diagnostic, InputError } from "../../src/base/diagnostic.js";
import { randomStream } from "../../src/base/random.js";
import type { Graph, Parameter } from "../../src/ir/graph.js";
import { parseGraph } from "../../src/ir/parse.js";
import { printGraph } from "../../src/ir/print.js";
import type { Tensor } from "../../src/ir/tensor.js";
import { concreteDims, elementCount } from "../../src/ir/types.js";
import { runPasses } from "../../src/passes/engine/manager.js";
import { parsePipeline } from "../../src/passes/engine/pipeline.js";
import { evaluateGraph } from "../../src/reference/interpreter.js";
import { materialize } from "../../src/weights/values/materialize.js";

/** Runs a pipeline in text form over a graph in text form. */
export function rewrite(pipeline: string, before: string): Graph {
  return runPasses(parseGraph(before), parsePipeline(pipeline)).graph;
}

/** Asserts what a pipeline makes of a graph. Both texts may be indented and commented freely. */
export function assertRewrites(pipeline: string, before: string, after: string): void {
  assert.fixture(printGraph(rewrite(pipeline, before)), printGraph(parseGraph(after)));
}

/** Asserts that a pipeline leaves a graph alone, and says so. */
export function assertUnchanged(pipeline: string, text: string): void {
  const { graph, reports } = runPasses(parseGraph(text), parsePipeline(pipeline));
  assert.fixture(printGraph(graph), printGraph(parseGraph(text)));
  assert.equal(
    reports.map((report) => report.changed),
    reports.map(() => false),
  );
}

/**
 * Asserts that two graphs compute the same of the same random input, for a batch of two.
 *
 * @param part the part of the range that rounding may move a number by: both sides hold their parameters in float32, and a
 * folded one is rounded again
 */
export function assertSameValues(before: Graph, after: Graph, part = 1e-5): void {
  const inputs = randomInputs(before);
  const expected = evaluateGraph(before, inputs, numbersOf);
  const actual = evaluateGraph(after, inputs, numbersOf);
  assert.equal([...actual.keys()], [...expected.keys()]);
  for (const [name, { dims, data }] of expected) {
    const other = actual.get(name);
    assert.equal(other?.dims, dims);
    const range = Math.max(...data) - Math.min(...data);
    assert.ok(range > 1e-3, `${name} is constant, so that it can't show a difference`);
    const far = Math.max(...data.map((value, i) => Math.abs(value - (other?.data[i] ?? Number.NaN))));
    assert.ok(far <= part * range, `${name} moves by ${far} of ${range}`);
  }
}

/** Asserts that a pipeline keeps what a graph computes, with weights that let every op matter. */
export function assertKeepsValues(pipeline: string, text: string): void {
  const before = rewrite("stress-weights", text);
  const { graph } = runPasses(before, parsePipeline(pipeline));
  assertSameValues(before, graph);
}

export function randomInputs(graph: Graph, batch = 2): ReadonlyMap<string, Tensor> {
  return new Map(
    graph.inputs.map(({ name, type }) => {
      const dims = concreteDims(type.dims, { N: batch });
      const stream = randomStream(0, `test input ${name}`);
      return [name, { dims, data: Float64Array.from({ length: elementCount(dims) }, () => stream.normal()) }];
    }),
  );
}

export function numbersOf({ data }: Parameter): Tensor {
  return { dims: data.dims, data: materialize(data, 0) };
}

/** The diagnostics of the `InputError` that a call must end with. */
export function diagnosticsOf(call: () => unknown): readonly Diagnostic[] {
  try {
    call();
  } catch (error) {
    if (error instanceof InputError) return error.diagnostics;
    throw error;
  }
  throw new Error("expected an InputError");
}

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { GraphBuilder } from "../../src/ir/builder.js";
import type { Graph } from "../../src/ir/graph.js";
import type { Tensor } from "../../src/ir/tensor.js";
import { isIntegerType, tensorType } from "../../src/ir/types.js";
import { modelBytes } from "../../src/onnx/encode/bytes.js";
import { encodeModel } from "../../src/onnx/encode/export.js";
import { OPSETS } from "../../src/onnx/file/opset.js";
import { distance, evaluate, randomInputs, runModel } from "./agreement.js";
import { allCases, casesOf } from "./cases.js";

const test = suite("onnx: ONNX Runtime agrees with the ops' definitions");

/** Largest difference, as a part of the largest number: a few units in the last place of float32. */
const TOLERANCE = 2e-6;
/** A unit in the last place of float16: the result is rounded, and on the way what ONNX Runtime has no kernel for. */
const HALF_TOLERANCE = 2 ** -10;

function run(graph: Graph, opset: number, inputs: ReadonlyMap<string, Tensor>): Promise<Tensor> {
  const bytes = modelBytes(encodeModel(graph, { opset, producerVersion: "0" }), { seed: 0 });
  return runModel(bytes, graph, inputs);
}

for (const opset of [OPSETS.first, OPSETS.default, OPSETS.last]) {
  test(`on every primitive op, batches 1 and 3, opset ${opset}`, async () => {
    for (const { label, graph } of casesOf(opset, ["float32"])) {
      for (const batch of [1, 3]) {
        const inputs = randomInputs(graph, batch);
        const moved = distance(evaluate(graph, inputs), await run(graph, opset, inputs));
        assert.ok(moved < TOLERANCE, `${label}: ${moved}`);
      }
    }
  });
}

for (const opset of [OPSETS.first, OPSETS.default, OPSETS.last]) {
  test(`on every primitive op in half precision, opset ${opset}`, async () => {
    for (const { label, graph } of casesOf(opset, ["float16"])) {
      const inputs = randomInputs(graph, 3);
      const moved = distance(evaluate(graph, inputs), await run(graph, opset, inputs));
      assert.ok(moved < HALF_TOLERANCE, `${label}: ${moved}`);
    }
  });
}

/** A map of negative numbers between zeros, and its pooling; `between`: what hands it on. */
function pooledAfterPad(
  kind: "max_pool" | "avg_pool",
  edge: number,
  between: readonly ("identity" | "cast")[],
  pads: [number, number, number, number],
): Graph {
  const builder = new GraphBuilder("pool");
  const loc = { scope: "/pool" };
  const edges = [0, 0, edge, edge];
  const x = builder.input("x", tensorType(["N", 3, 6, 6]));
  const square = builder.op("mul", [x, x], {}, loc);
  let value = builder.op("neg", [square], {}, loc);
  value = builder.op("pad", [value], { before: edges, after: edges }, loc);
  for (const each of between)
    value =
      each === "cast"
        ? builder.op("cast", [value], { to: "float16" }, loc)
        : builder.op("identity", [value], {}, loc);
  return builder.finish([builder.op(kind, [value], { kernel: [2, 2], pads }, loc)]);
}

for (const opset of [OPSETS.first, OPSETS.default, OPSETS.last]) {
  test(`on a pooling of a map with zeros around, opset ${opset}: ONNX Runtime does not make them its own`, async () => {
    for (const kind of ["max_pool", "avg_pool"] as const)
      for (const edge of [1, 2])
        for (const between of [[], ["identity"], ["cast"], ["identity", "cast"]] as const)
          for (const pads of [
            [0, 0, 0, 0],
            [1, 0, 0, 1],
          ] as const) {
            const graph = pooledAfterPad(kind, edge, between, [...pads]);
            const inputs = randomInputs(graph, 2);
            const expected = evaluate(graph, inputs);
            const moved = distance(expected, await run(graph, opset, inputs));
            const most = between.some((each) => each === "cast") ? HALF_TOLERANCE : TOLERANCE;
            assert.ok(moved < most, `${kind} ${edge} ${between} ${pads}: ${moved}`);
            // Of zeros and negative numbers a zero is the largest.
            assert.ok(kind === "avg_pool" || Array.from(expected.data).includes(0));
          }
  });
}

test("a change of one input number in a thousand would be seen on every op", async () => {
  for (const { label, op, graph } of allCases()) {
    // Sizes say nothing of a tensor's numbers, and whole numbers little.
    const isInteger = graph.outputs.some(({ type }) => isIntegerType(type.dtype));
    if (isInteger || op === "ceil" || op === "floor") continue;
    const inputs = randomInputs(graph, 1);
    const [first] = inputs.values();
    const actual = await run(graph, OPSETS.last, inputs);
    // The number of largest effect: clipped and saturated ones move nothing.
    let worst = 0;
    for (let i = 0; i < 20; i++) {
      const data = (first as Tensor).data;
      const kept = data[i] as number;
      data[i] = kept * 1.001 + 0.001;
      worst = Math.max(worst, distance(evaluate(graph, inputs), actual));
      data[i] = kept;
    }
    assert.ok(worst > 5 * TOLERANCE, `${label}: ${worst}`);
  }
});

test.run();

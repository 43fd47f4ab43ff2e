import { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { fromFloat16Bits, roundToFloat16, toFloat16Bits } from "../../src/base/float16.js";
import { randomStream } from "../../src/base/random.js";
import type { Graph } from "../../src/ir/graph.js";
import type { Tensor } from "../../src/ir/tensor.js";
import { concreteDims, elementCount } from "../../src/ir/types.js";
import { encodeModel } from "../../src/onnx/export.js";
import { OPSETS } from "../../src/onnx/opset.js";
import { modelBytes } from "../../src/onnx/write.js";
import { evaluateGraph } from "../../src/reference/interpreter.js";
import { materialize } from "../../src/weights/materialize.js";
import { allCases, casesOf, POSITIVE } from "./cases.js";

const test = suite("onnx: ONNX Runtime agrees with the ops' definitions");

/** Largest difference, as a part of the largest number: a few units in the last place of float32. */
const TOLERANCE = 2e-6;
/** A unit in the last place of float16: the result is rounded, and on the way what ONNX Runtime has no kernel for. */
const HALF_TOLERANCE = 2 ** -10;

/** Numbers that reach every branch of the activations: about a third lie beyond ±3. */
function randomInputs(graph: Graph, batch: number): ReadonlyMap<string, Tensor> {
  return new Map(
    graph.inputs.map(({ name, type }) => {
      const dims = concreteDims(type.dims, { N: batch });
      const stream = randomStream(11, `${name} ${dims}`);
      // Both sides start from the same numbers of the element type.
      const rounded = type.dtype === "float16" ? roundToFloat16 : Math.fround;
      const number = (): number => rounded(3 * stream.normal());
      const positive = (): number => rounded(Math.abs(number()) + 0.5);
      const data = Float64Array.from(
        { length: elementCount(dims) },
        name.startsWith(POSITIVE) ? positive : number,
      );
      return [name, { dims, data }];
    }),
  );
}

function evaluate(graph: Graph, inputs: ReadonlyMap<string, Tensor>): Tensor {
  const outputs = evaluateGraph(graph, inputs, ({ data, type }) => ({
    dims: data.dims,
    data: materialize(data, 0, type.dtype),
  }));
  const [output] = outputs.values();
  return output as Tensor;
}

async function run(graph: Graph, opset: number, inputs: ReadonlyMap<string, Tensor>): Promise<Tensor> {
  const bytes = modelBytes(encodeModel(graph, { opset, producerVersion: "0" }), { seed: 0 });
  const session = await InferenceSession.create(bytes, {
    logSeverityLevel: 3,
    intraOpNumThreads: 1,
    extra: { session: { strict_shape_type_inference: "1" } },
  });
  const feeds = graph.inputs.map(({ name, type }) => {
    const { dims, data } = inputs.get(name) as Tensor;
    const tensor =
      type.dtype === "float16"
        ? new OrtTensor("float16", Uint16Array.from(data, toFloat16Bits), [...dims])
        : new OrtTensor("float32", Float32Array.from(data), [...dims]);
    return [name, tensor] as const;
  });
  const outputs = await session.run(Object.fromEntries(feeds));
  const output = outputs[session.outputNames[0] as string] as OrtTensor;
  await session.release();
  return { dims: output.dims, data: numbersOf(output) };
}

function numbersOf({ type, data }: OrtTensor): Float64Array {
  switch (type) {
    case "float16":
      return Float64Array.from(new Uint16Array((data as Uint16Array).slice().buffer), fromFloat16Bits);
    case "int64":
      return Float64Array.from(data as BigInt64Array, Number);
    default:
      return Float64Array.from(data as Float32Array);
  }
}

/** The largest difference, as a part of the largest expected number. */
function distance(expected: Tensor, actual: Tensor): number {
  assert.equal([...actual.dims], [...expected.dims]);
  const scale = expected.data.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  return (
    expected.data.reduce((most, x, i) => Math.max(most, Math.abs(x - (actual.data[i] as number))), 0) / scale
  );
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

test("a change of one input number in a thousand would be seen on every op", async () => {
  for (const { label, op, graph } of allCases()) {
    // The sizes of a tensor say nothing of its numbers.
    if (op === "shape") continue;
    const inputs = randomInputs(graph, 1);
    const [first] = inputs.values();
    const actual = await run(graph, OPSETS.default, inputs);
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

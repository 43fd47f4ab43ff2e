import { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";
import * as assert from "uvu/assert";
import { fromFloat16Bits, roundToFloat16, toFloat16Bits } from "../../src/base/float16.js";
import { randomStream } from "../../src/base/random.js";
import type { Graph } from "../../src/ir/graph.js";
import type { Tensor } from "../../src/ir/tensor.js";
import { concreteDims, elementCount } from "../../src/ir/types.js";
import { evaluateGraph } from "../../src/reference/interpreter.js";
import { materialize } from "../../src/weights/values/materialize.js";
import { POSITIVE } from "./cases.js";

/** Numbers that reach every branch of the activations: about a third lie beyond ±3. */
export function randomInputs(graph: Graph, batch: number): ReadonlyMap<string, Tensor> {
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

export function evaluate(graph: Graph, inputs: ReadonlyMap<string, Tensor>): Tensor {
  const outputs = evaluateGraph(graph, inputs, ({ data, type }) => ({
    dims: data.dims,
    data: materialize(data, 0, type.dtype),
  }));
  const [output] = outputs.values();
  return output as Tensor;
}

/** The output of a model file of one output, by ONNX Runtime. */
export async function runModel(
  bytes: Uint8Array,
  graph: Graph,
  inputs: ReadonlyMap<string, Tensor>,
): Promise<Tensor> {
  const session = await InferenceSession.create(bytes, {
    logSeverityLevel: 3,
    intraOpNumThreads: 1,
    extra: { session: { strict_shape_type_inference: "1" } },
  });
  const outputs = await session.run(feedsOf(graph, inputs));
  const output = outputs[session.outputNames[0] as string] as OrtTensor;
  await session.release();
  return { dims: output.dims, data: numbersOf(output) };
}

/** Inputs in the element types of the graph's. */
export function feedsOf(graph: Graph, inputs: ReadonlyMap<string, Tensor>): Record<string, OrtTensor> {
  const feeds = graph.inputs.map(({ name, type }) => {
    const { dims, data } = inputs.get(name) as Tensor;
    const tensor =
      type.dtype === "float16"
        ? new OrtTensor("float16", Uint16Array.from(data, toFloat16Bits), [...dims])
        : new OrtTensor("float32", Float32Array.from(data), [...dims]);
    return [name, tensor] as const;
  });
  return Object.fromEntries(feeds);
}

export function numbersOf({ type, data }: OrtTensor): Float64Array {
  switch (type) {
    case "float16":
      return Float64Array.from(new Uint16Array((data as Uint16Array).slice().buffer), fromFloat16Bits);
    case "int32":
      return Float64Array.from(data as Int32Array);
    case "int64":
      return Float64Array.from(data as BigInt64Array, Number);
    default:
      return Float64Array.from(data as Float32Array);
  }
}

/** The largest difference, as a part of the largest expected number. */
export function distance(expected: Tensor, actual: Tensor): number {
  assert.equal([...actual.dims], [...expected.dims]);
  const scale = expected.data.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  return (
    expected.data.reduce((most, x, i) => Math.max(most, Math.abs(x - (actual.data[i] as number))), 0) / scale
  );
}

import type { Graph } from "../ir/graph.js";
import type { Tensor } from "../ir/tensor.js";
import { elementCount } from "../ir/types.js";
import { evaluateGraph } from "../reference/interpreter.js";
import { type Distance, distance } from "../runtime/compare.js";
import type { DeviceName } from "../runtime/devices.js";
import { openSession } from "../runtime/session.js";
import { parameterNumbers, randomInputs } from "./numbers.js";

/** The outputs of a run by name, flat. */
export type Outputs = ReadonlyMap<string, ArrayLike<number>>;

/**
 * The reference's outputs for the first images of the random inputs of a seed, as a function of the batch.
 * Images are evaluated one by one: inference treats each by itself, and memory stays that of one.
 */
export function referenceOutputs(
  graph: Graph,
  images: number,
  seed: number,
  onProgress?: (part: number) => void,
): (batch: number) => Outputs {
  const parameters = parameterNumbers(seed);
  const inputs = randomInputs(graph, images, seed);
  const single: ReadonlyMap<string, Tensor>[] = [];
  for (let image = 0; image < images; image++) {
    onProgress?.(image / images);
    single.push(evaluateGraph(graph, imageOf(inputs, image), parameters));
  }
  return (batch) =>
    new Map(
      graph.outputs.map(({ name }) => {
        const parts = single.slice(0, batch).map((outputs) => outputs.get(name)?.data ?? new Float64Array());
        return [name, Float64Array.from(parts.flatMap((part) => [...part]))];
      }),
    );
}

/** Runs a model on a device with the first `batch` images of the random inputs of a seed. */
export async function runModel(
  model: Uint8Array,
  graph: Graph,
  { device, batch, seed }: { device: DeviceName; batch: number; seed: number },
): Promise<Outputs> {
  const session = await openSession(model, { device });
  try {
    const inputs = [...randomInputs(graph, batch, seed)].map(
      ([name, { dims, data }]) => [name, { dims, data: Float32Array.from(data) }] as const,
    );
    const outputs = await session.run(new Map(inputs));
    return new Map([...outputs].map(([name, { data }]) => [name, data]));
  } finally {
    await session.close();
  }
}

/** The distance of the output that is furthest from its reference; one that is missing is infinitely far. */
export function worstDistance(reference: Outputs, actual: Outputs): Distance {
  const distances = [...reference].map(([name, expected]) => distance(expected, actual.get(name) ?? []));
  const broken = distances.find((each) => Number.isNaN(each.maxRel) || Number.isNaN(each.cosine));
  return broken ?? distances.reduce((a, b) => (b.maxRel > a.maxRel ? b : a));
}

function imageOf(inputs: ReadonlyMap<string, Tensor>, image: number): ReadonlyMap<string, Tensor> {
  return new Map(
    [...inputs].map(([name, { dims, data }]) => {
      const [, ...rest] = dims;
      const size = elementCount(rest);
      return [name, { dims: [1, ...rest], data: data.subarray(image * size, (image + 1) * size) }];
    }),
  );
}

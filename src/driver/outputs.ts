import type { Graph } from "../ir/graph.js";
import type { Tensor } from "../ir/tensor.js";
import { elementCount } from "../ir/types.js";
import { evaluateGraph } from "../reference/interpreter.js";
import { type Distance, distance, type Tolerance, withinTolerance } from "../runtime/compare.js";
import type { Session } from "../runtime/session.js";
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

/** Runs a model with the first `batch` images of the random inputs of a seed. */
export async function runModel(
  session: Session,
  graph: Graph,
  batch: number,
  seed: number,
): Promise<Outputs> {
  const inputs = [...randomInputs(graph, batch, seed)].map(
    ([name, { dims, data }]) => [name, { dims, data: Float32Array.from(data) }] as const,
  );
  const outputs = await session.run(new Map(inputs));
  return new Map([...outputs].map(([name, { data }]) => [name, data]));
}

/**
 * What keeps a model from being run in the place of a graph: inputs of other names or sizes, outputs that are
 * missing. Undefined where nothing does.
 */
export function interfaceProblem({ inputs, outputNames }: Session, graph: Graph): string | undefined {
  const text = (each: readonly { name: string; dims: readonly (number | string)[] }[]): string =>
    each.map(({ name, dims }) => `${name} [${dims.join(", ")}]`).join(", ");
  const wanted = graph.inputs.map(({ name, type }) => ({ name, dims: type.dims }));
  const fits =
    inputs.length === wanted.length &&
    wanted.every(({ name, dims }) => {
      const given = inputs.find((input) => input.name === name);
      return (
        given?.dims.length === dims.length &&
        dims.every(
          (dim, i) => typeof dim === "string" || typeof given.dims[i] === "string" || dim === given.dims[i],
        )
      );
    });
  if (!fits) return `its inputs are ${text(inputs)}, the network's ${text(wanted)}`;
  const missing = graph.outputs.filter(({ name }) => !outputNames.includes(name)).map(({ name }) => name);
  return missing.length === 0
    ? undefined
    : `it has no output ${missing.join(", ")}, only ${outputNames.join(", ")}`;
}

/** The batch that a model is made for; undefined for one that takes any. */
export function fixedBatch({ inputs }: Session): number | undefined {
  const batch = inputs[0]?.dims[0];
  return typeof batch === "number" ? batch : undefined;
}

/** The distance of the output that is worst: one outside of the tolerance, else the one furthest from its reference. */
export function worstDistance(reference: Outputs, actual: Outputs, tolerance: Tolerance): Distance {
  const distances = [...reference].map(([name, expected]) => distance(expected, actual.get(name) ?? []));
  const outside = distances.find((each) => !withinTolerance(each, tolerance));
  return outside ?? distances.reduce((a, b) => (b.maxRel > a.maxRel ? b : a));
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

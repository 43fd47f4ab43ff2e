import type { Graph } from "../ir/graph.js";
import type { Tensor } from "../ir/tensor.js";
import { elementCount } from "../ir/types.js";
import { evaluateGraph } from "../reference/interpreter.js";
import { type Distance, distance, type Tolerance, withinTolerance } from "../runtime/compare.js";
import type { Session } from "../runtime/session.js";
import { type InputShape, inputShapes, parameterNumbers, randomInputs } from "./numbers.js";

/** The outputs of a run by name, flat. */
export type Outputs = ReadonlyMap<string, ArrayLike<number>>;

/** The seed of the initial weights, and that of the random inputs. */
export interface Seeds {
  readonly weights: number;
  readonly inputs: number;
}

/**
 * The reference's outputs for the first images of the random inputs of a seed, as a function of the batch.
 * Images are evaluated one by one: inference treats each by itself, and memory stays that of one. A graph of a fixed
 * batch is evaluated with that, and has outputs for no other. `onProgress` is told the part that is done; what it throws
 * ends the evaluation.
 */
export function referenceOutputs(
  graph: Graph,
  images: number,
  seeds: Seeds,
  onProgress?: (part: number) => void,
): (batch: number) => Outputs {
  const parameters = parameterNumbers(seeds.weights);
  const inputs = randomInputs(inputShapes(graph), images, seeds.inputs);
  const fixed = fixedBatch({ inputs: inputShapes(graph) });
  if (fixed !== undefined && fixed !== 1) {
    const whole = evaluateGraph(
      graph,
      randomInputs(inputShapes(graph), fixed, seeds.inputs),
      parameters,
      (op, of) => onProgress?.(op / of),
    );
    return () => new Map([...whole].map(([name, { data }]) => [name, data]));
  }
  const single: ReadonlyMap<string, Tensor>[] = [];
  for (let image = 0; image < images; image++) {
    const onOp = (op: number, of: number): void => onProgress?.((image + op / of) / images);
    single.push(evaluateGraph(graph, imageOf(inputs, image), parameters, onOp));
  }
  return (batch) =>
    new Map(
      graph.outputs.map(({ name }) => {
        const parts = single.slice(0, batch).map((outputs) => outputs.get(name)?.data ?? new Float64Array());
        return [name, joined(parts)];
      }),
    );
}

/** Runs a model with the first `batch` images of the random inputs of a seed. */
export async function runModel(
  session: Session,
  shapes: readonly InputShape[],
  batch: number,
  seed: number,
): Promise<Outputs> {
  const inputs = [...randomInputs(shapes, batch, seed)].map(
    ([name, { dims, data }]) => [name, { dims, data: Float32Array.from(data) }] as const,
  );
  const outputs = await session.run(new Map(inputs));
  return new Map([...outputs].map(([name, { data }]) => [name, data]));
}

/** The inputs and outputs that a model has, or must have. */
export interface Interface {
  readonly inputs: readonly InputShape[];
  readonly outputNames: readonly string[];
}

export function interfaceOf(graph: Graph): Interface {
  return { inputs: inputShapes(graph), outputNames: graph.outputs.map(({ name }) => name) };
}

/**
 * What keeps a model from being run in the place of another: inputs of other names or sizes, outputs that are
 * missing. Undefined where nothing does.
 */
export function interfaceProblem({ inputs, outputNames }: Interface, wanted: Interface): string | undefined {
  const text = (each: readonly InputShape[]): string =>
    each.map(({ name, dims }) => `${name} [${dims.join(", ")}]`).join(", ");
  const fits =
    inputs.length === wanted.inputs.length &&
    wanted.inputs.every(({ name, dims }) => {
      const given = inputs.find((input) => input.name === name);
      return (
        given?.dims.length === dims.length &&
        dims.every(
          (dim, i) => typeof dim === "string" || typeof given.dims[i] === "string" || dim === given.dims[i],
        )
      );
    });
  if (!fits) return `its inputs are ${text(inputs)}, the network's ${text(wanted.inputs)}`;
  const missing = wanted.outputNames.filter((name) => !outputNames.includes(name));
  return missing.length === 0
    ? undefined
    : `it has no output ${missing.join(", ")}, only ${outputNames.join(", ")}`;
}

/** The batch that a model is made for; undefined for one that takes any. */
export function fixedBatch({ inputs }: Pick<Interface, "inputs">): number | undefined {
  const batch = inputs[0]?.dims[0];
  return typeof batch === "number" ? batch : undefined;
}

/** The distance of the output that is worst: one outside of the tolerance, else the one furthest from its reference. */
export function worstDistance(reference: Outputs, actual: Outputs, tolerance: Tolerance): Distance {
  const distances = [...reference].map(([name, expected]) => distance(expected, actual.get(name) ?? []));
  const outside = distances.find((each) => !withinTolerance(each, tolerance));
  return outside ?? distances.reduce((a, b) => (b.maxRel > a.maxRel ? b : a));
}

function joined(parts: readonly Float64Array[]): Float64Array {
  const all = new Float64Array(parts.reduce((sum, { length }) => sum + length, 0));
  let end = 0;
  for (const part of parts) {
    all.set(part, end);
    end += part.length;
  }
  return all;
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

import { InputError } from "../base/diagnostic.js";
import type { Graph } from "../ir/graph.js";
import type { Tensor } from "../ir/tensor.js";
import type { Session } from "../runtime/session.js";
import { type InputValues, withValues } from "./input-values.js";
import { boundedInputs, feedsOf, type InputShape, inputShapes, isIndex, randomInputs } from "./numbers.js";

/** The outputs of a run by name, flat. */
export type Outputs = ReadonlyMap<string, ArrayLike<number>>;

/** Runs a model with the first `batch` images of the random inputs of a seed. */
export function runModel(
  session: Session,
  shapes: readonly InputShape[],
  batch: number,
  seed: number,
): Promise<Outputs> {
  return runWith(session, randomInputs(shapes, batch, seed));
}

/** Runs a model with given inputs. */
export async function runWith(session: Session, inputs: ReadonlyMap<string, Tensor>): Promise<Outputs> {
  const outputs = await session.run(feedsOf(inputs));
  return new Map([...outputs].map(([name, { data }]) => [name, data]));
}

/**
 * The inputs with whole numbers that the model runs with: what indexes a table of few rows must not be larger. Where it runs with none of them,
 * as they were, so that the run says why. Inputs that the model takes in half precision have numbers of that; those of
 * `inputValues` what they are given.
 */
export async function workableInputs(
  session: Session,
  shapes: readonly InputShape[],
  batch: number,
  { inputValues }: InputValues = {},
): Promise<readonly InputShape[]> {
  const halves = new Set(session.inputs.flatMap(({ name, dtype }) => (dtype === "float16" ? [name] : [])));
  const given = withValues(shapes, inputValues);
  const inputs = given.map((input) => (halves.has(input.name) ? { ...input, dtype: "float16" } : input));
  if (!inputs.some(isIndex)) return inputs;
  for (const bounded of boundedInputs(inputs)) {
    try {
      await runModel(session, bounded, batch, 0);
      return bounded;
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
    }
  }
  return inputs;
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
 * What keeps a model from being run instead of another: inputs of other names or sizes, outputs that are
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

/** The batch that a model is made for, which is the first size of its first input; undefined for one that takes any. */
export function fixedBatch({ inputs }: Pick<Interface, "inputs">): number | undefined {
  if (inputs.some(({ dims: [size] }) => typeof size === "string")) return undefined;
  const [size = 1] = inputs[0]?.dims ?? [];
  return typeof size === "number" ? size : undefined;
}

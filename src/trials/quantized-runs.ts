import { randomStream } from "../base/random.js";
import type { Graph, OpOf } from "../ir/graph.js";
import { evaluateGraph, type ParameterSource, type RoundingOf } from "../reference/interpreter.js";
import { roundedToEven } from "../reference/operators/elementwise.js";
import { isQuantizing } from "../reference/operators/registry.js";
import { TOLERANCES } from "../runtime/compare.js";
import {
  measuredError,
  type OutputError,
  plusError,
  type RoundedArithmetic,
  type RoundedRun,
} from "../runtime/rounding-error.js";
import type { Run } from "./numbers.js";

/** Whether a graph makes whole steps of numbers. */
export function quantizes({ ops }: Graph): boolean {
  return ops.some((op) => op.kind === "opaque" && isQuantizing(op));
}

/** What rounding does to the outputs of a network that makes whole steps of numbers. */
export interface QuantizedErrors {
  readonly errors: ReadonlyMap<string, OutputError>;
  /** How many numbers of each output are others where steps are rounded the other way. */
  readonly unstable: ReadonlyMap<string, number>;
}

/** Runs in which steps are rounded the other way. */
const RUNS = 4;

/** What the steps do to an output may be so many times what those runs show. */
const STEP_ERRORS = 2;

/**
 * A number half-way between two steps is rounded to either by arithmetic that is a little off, and that moves the outputs by what a step does, much more than
 * rounding to float32. So two things are measured: the error of float32 where every step is rounded as in float64; and what the
 * outputs do where numbers that are as near to half-way as ten such errors, and the nearest of each node whatever they are,
 * go the other way. An output may differ by the tolerance of the first, and twice the second.
 */
export function quantizedErrors(
  graph: Graph,
  inputs: Run,
  parameters: ParameterSource,
  arithmetic: RoundedArithmetic,
): QuantizedErrors {
  const roundings = new Roundings();
  const exact = evaluateGraph(graph, inputs, parameters, undefined, "float64", roundings.recorded);
  const rounded = evaluateGraph(graph, inputs, parameters, undefined, arithmetic, roundings.followed);
  const flipped = Array.from({ length: RUNS }, (_, seed) =>
    evaluateGraph(graph, inputs, parameters, undefined, "float64", roundings.flipped(seed)),
  );
  const runOf = (run: Run, name: string): RoundedRun => {
    const { dims = [], data = new Float64Array() } = exact.get(name) ?? {};
    return { dims, exact: data, rounded: run.get(name)?.data ?? [] };
  };
  const share = STEP_ERRORS / TOLERANCES[arithmetic].roundingErrors;
  const errors = graph.outputs.map(({ name }) => {
    const float = measuredError([runOf(rounded, name)], arithmetic);
    const steps = measuredError(
      flipped.map((run) => runOf(run, name)),
      arithmetic,
    );
    return [name, plusError(float, steps, share)] as const;
  });
  const unstable = graph.outputs.map(({ name }) => {
    const numbers = exact.get(name)?.data ?? [];
    const others = flipped.map((run) => run.get(name)?.data ?? []);
    const differ = Array.from(numbers, (x, i) => others.some((other) => !Object.is(other[i], x)));
    return [name, differ.filter(Boolean).length] as const;
  });
  return { errors: new Map(errors), unstable: new Map(unstable) };
}

type Node = OpOf<"opaque">;

/** What is off in ONNX Runtime's arithmetic of whole numbers, as a part of a step: 255 steps in float32, some times. */
const LEAST_SPREAD = 2 ** -12;

/** Of each node the nearest to half-way are rounded the other way in any case. */
const NEAREST = 4;

/** How numbers were rounded to steps, by node and in the order in which each node does it. */
class Roundings {
  readonly #unrounded = new Map<Node, Float64Array[]>();
  /** The largest difference of the numbers before rounding in the arithmetic that is measured. */
  readonly #spread = new Map<Node, number[]>();

  readonly recorded: RoundingOf = (node) => {
    const list: Float64Array[] = [];
    this.#unrounded.set(node, list);
    return (unrounded) => {
      list.push(unrounded);
      return unrounded.map(roundedToEven);
    };
  };

  /** Every number becomes the step that it is in the recorded run. */
  readonly followed: RoundingOf = (node) => {
    const spread: number[] = [];
    this.#spread.set(node, spread);
    return (unrounded) => {
      const exact = this.#unrounded.get(node)?.[spread.length] ?? unrounded;
      spread.push(exact.reduce((most, x, i) => Math.max(most, Math.abs(x - (unrounded[i] ?? x))), 0));
      return exact.map(roundedToEven);
    };
  };

  /** Numbers near to half-way go either way, by chance. */
  flipped(seed: number): RoundingOf {
    return (node) => {
      let call = 0;
      return (unrounded) => {
        const spread = this.#spread.get(node)?.[call++] ?? 0;
        const most = 10 * spread + LEAST_SPREAD;
        const stream = randomStream(seed, `steps:${node.attributes.node ?? node.results[0]?.name}:${call}`);
        const nearest = nearestToHalf(unrounded);
        return unrounded.map((x, i) => {
          const isNear = fromHalf(x) <= most && stream.uniform(0, 1) < 0.5;
          return isNear || nearest.has(i) ? otherWay(x) : roundedToEven(x);
        });
      };
    };
  }
}

function fromHalf(x: number): number {
  return Math.abs(x - Math.floor(x) - 0.5);
}

function otherWay(x: number): number {
  const nearest = roundedToEven(x);
  return nearest > x ? nearest - 1 : nearest + 1;
}

function nearestToHalf(numbers: Float64Array): ReadonlySet<number> {
  const found: number[] = [];
  numbers.forEach((x, i) => {
    const far = fromHalf(x);
    const at = found.findIndex((other) => far < fromHalf(numbers[other] ?? 0));
    if (at >= 0) found.splice(at, 0, i);
    else found.push(i);
    if (found.length > NEAREST) found.pop();
  });
  return new Set(found);
}

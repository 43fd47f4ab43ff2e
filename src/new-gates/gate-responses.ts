import { joinedNumbers } from "../base/arrays.js";
import { GraphBuilder } from "../ir/builder.js";
import type { Graph, Op, Result, Value } from "../ir/graph.js";
import { gatedChannels } from "../ir/types.js";

/**
 * What a gate does with some images: per image n and channel c, at n·channels + c, for a gate with operand x and result
 * y, both [N, C, H, W] or [N, C, L].
 */
export interface GateResponses {
  readonly images: number;
  readonly channels: number;
  /** The mean of x over H and W. */
  readonly squeeze: Float64Array;
  /** The mean of x² over H and W: how much an error of the response moves the result. */
  readonly power: Float64Array;
  /**
   * Σ x·y / Σ x² over H and W: the number that the gate multiplies the channel by, or comes nearest to multiplying it by where
   * it has a number for each position. 0, with no power, where x is zero everywhere.
   */
  readonly response: Float64Array;
  /** How much an error of the response counts: the power, times what the layers after the gate make of the channel. */
  readonly weight: Float64Array;
}

/** Runs networks over images: all that is asked of a runtime here. */
export interface ImageRuns {
  readonly images: number;
  /**
   * Runs a graph at model level on the images one by one; `onImage` is given the outputs of each, flat.
   *
   * @param chosen some of the images; left out, all
   */
  run(
    graph: Graph,
    onImage: (outputs: readonly ArrayLike<number>[], image: number) => void,
    chosen?: readonly number[],
  ): Promise<void>;
}

/** What a network gives for some images: its outputs, and what its gates do. */
export interface Observed {
  /** Of each image, all outputs one after the other. */
  readonly outputs: readonly Float64Array[];
  /** In the order of the gates asked for. */
  readonly gates: readonly GateResponses[];
}

export interface ObserveOptions {
  /** Whether the outputs are looked at; without them nothing is computed that no gate depends on. Default: true. */
  readonly outputs?: boolean;
  /** Some of the images; of the others all numbers are 0. Default: all. */
  readonly chosen?: readonly number[];
}

/**
 * Runs a network over images and looks at its outputs and at some of its gates.
 *
 * @param gains what the layers after each gate make of a channel's power, as of `ReaderGains`; left out, 1
 */
export async function observeGates(
  { images, run }: ImageRuns,
  graph: Graph,
  gates: readonly Op[],
  gains: readonly (Float64Array | undefined)[] = [],
  { outputs: showsOutputs = true, chosen }: ObserveOptions = {},
): Promise<Observed> {
  const shown = showsOutputs ? graph.outputs : [];
  const responses = gates.map((gate): GateResponses => {
    const [, channels] = gatedChannels(gate.operands[0]?.type, "x");
    const numbers = (): Float64Array => new Float64Array(images * channels);
    const [squeeze, power, response, weight] = [numbers(), numbers(), numbers(), numbers()];
    return { images, channels, squeeze, power, response, weight };
  });
  const outputs: Float64Array[] = Array.from({ length: images }, () => new Float64Array());
  await run(
    withGateProbes(graph, gates, shown),
    (values, n) => {
      outputs[n] = joinedNumbers(values.slice(0, shown.length));
      responses.forEach(({ channels, squeeze, power, response, weight }, i) => {
        const [mean, square, product] = values.slice(shown.length + PROBES * i);
        for (let c = 0; c < channels; c++) {
          const at = n * channels + c;
          squeeze[at] = mean?.[c] as number;
          power[at] = square?.[c] as number;
          response[at] = power[at] === 0 ? 0 : (product?.[c] as number) / power[at];
          weight[at] = power[at] * (gains[i]?.[c] ?? 1);
        }
      });
    },
    chosen,
  );
  return { outputs, gates: responses };
}

/** Outputs that `withGateProbes` adds for each gate. */
const PROBES = 3;

/**
 * The graph with further outputs, which show what each of some gates does with its operand x and its result y. They are the
 * same for every kind of gate, and each has one number for each image and channel:
 *
 *     squeeze = mean of x,  power = mean of x²,  product = mean of x · y,  over H and W
 */
function withGateProbes(graph: Graph, gates: readonly Op[], shown: readonly Value[]): Graph {
  const builder = GraphBuilder.like(graph);
  for (const op of graph.ops) builder.add(op);
  const probes = gates.flatMap((gate) => {
    const [x, y] = [gate.operands[0], gate.results[0]];
    if (x === undefined || y === undefined) throw new RangeError(`${gate.kind} has no operand or no result`);
    const loc = { ...gate.loc, scope: `${gate.loc.scope}/probe` };
    const product = (a: Value, b: Value): Value => builder.op("mul", [a, b], {}, loc);
    return [x, product(x, x), product(x, y)].map(
      (value): Result => builder.op("global_avg_pool", [value], {}, loc),
    );
  });
  return builder.finish([...shown, ...probes]);
}

/** The responses on some of the images. */
export function onImages(responses: GateResponses, chosen: readonly number[]): GateResponses {
  const { channels } = responses;
  const part = (values: Float64Array): Float64Array =>
    Float64Array.from(
      { length: chosen.length * channels },
      (_, i) => values[(chosen[Math.floor(i / channels)] as number) * channels + (i % channels)] as number,
    );
  return {
    images: chosen.length,
    channels,
    squeeze: part(responses.squeeze),
    power: part(responses.power),
    response: part(responses.response),
    weight: part(responses.weight),
  };
}

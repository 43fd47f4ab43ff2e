import { GraphBuilder } from "../ir/builder.js";
import { type Graph, type Op, parametersOf, type Result, type Value } from "../ir/graph.js";
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
}

/** The mean response of each channel over those images in which it is not zero everywhere; 1 where it always is. */
export function meanResponses({ images, channels, power, response }: GateResponses): Float64Array {
  return Float64Array.from({ length: channels }, (_, c) => {
    let [sum, seen] = [0, 0];
    for (let n = 0; n < images; n++) {
      const at = n * channels + c;
      if (power[at] === 0) continue;
      sum += response[at] as number;
      seen++;
    }
    return seen === 0 ? 1 : sum / seen;
  });
}

/** Runs networks over images: all that is asked of a runtime here. */
export interface ImageRuns {
  readonly images: number;
  /** Runs a graph at model level on the images one by one; `onImage` is given the outputs of each, flat. */
  run(graph: Graph, onImage: (outputs: readonly ArrayLike<number>[], image: number) => void): Promise<void>;
}

/** What a network gives for some images: its outputs, and what its gates do. */
export interface Observed {
  /** All outputs of all images, one after the other. */
  readonly outputs: Float64Array;
  /** In the order of the gates asked for. */
  readonly gates: readonly GateResponses[];
}

/** Runs a network over images and looks at its outputs and at some of its gates. */
export async function observeGates(
  { images, run }: ImageRuns,
  graph: Graph,
  gates: readonly Op[],
): Promise<Observed> {
  const responses = gates.map((gate): GateResponses => {
    const [, channels] = gatedChannels(gate.operands[0]?.type, "x");
    const numbers = (): Float64Array => new Float64Array(images * channels);
    return { images, channels, squeeze: numbers(), power: numbers(), response: numbers() };
  });
  const outputs: Float64Array[] = [];
  await run(withGateProbes(graph, gates), (values, n) => {
    outputs.push(...values.slice(0, graph.outputs.length).map((each) => Float64Array.from(each)));
    responses.forEach(({ channels, squeeze, power, response }, i) => {
      const [mean, square, product] = values.slice(graph.outputs.length + PROBES * i);
      for (let c = 0; c < channels; c++) {
        const at = n * channels + c;
        squeeze[at] = mean?.[c] as number;
        power[at] = square?.[c] as number;
        response[at] = power[at] === 0 ? 0 : (product?.[c] as number) / power[at];
      }
    });
  });
  return { outputs: Float64Array.from(outputs.flatMap((each) => [...each])), gates: responses };
}

/** Outputs that `withGateProbes` adds for each gate. */
const PROBES = 3;

/**
 * The graph with further outputs, which show what each of some gates does with its operand x and its result y. They are the
 * same for every kind of gate, and each has one number for each image and channel:
 *
 *     squeeze = mean of x,  power = mean of x²,  product = mean of x · y,  over H and W
 */
function withGateProbes(graph: Graph, gates: readonly Op[]): Graph {
  const builder = new GraphBuilder(graph.name);
  for (const block of graph.blocks) builder.block(block);
  for (const input of graph.inputs) builder.addInput(input);
  builder.reserve(parametersOf(graph).map(({ name }) => name));
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
  return builder.finish([...graph.outputs, ...probes]);
}

import { type Graph, type Parameter, producersOf } from "../../ir/graph.js";
import { operandsOf } from "../../ir/ops/registry.js";
import { isOp } from "../../ir/rewrite.js";
import { concreteDims, elementCount } from "../../ir/types.js";
import { exactNumbers, type StoredTensor } from "../formats/tensor-source.js";
import { encodeElements } from "../values/elements.js";
import { isFloating, type Match } from "./match.js";

const RGB = 3;

/** A match whose stem takes images of other channels than the file's, and what was done, for people. */
export interface Adapted {
  readonly match: Match;
  readonly notes: readonly string[];
}

/**
 * Makes the weights of the convolution that reads an RGB image those of one with other channels, as timm does
 * (timm/models/_manipulate.py, adapt_input_conv): for one channel the sum over the three; for others the three again and again, times
 * 3 / channels.
 */
export function adaptInput(match: Match, graph: Graph, file: string): Adapted {
  const found = new Map(match.found);
  const misfits = new Map(match.misfits);
  const notes: string[] = [];
  for (const parameter of stemWeights(graph)) {
    const tensor = match.misfits.get(parameter);
    const channels = tensor && adaptableTo(tensor, parameter);
    if (tensor === undefined || channels === undefined) continue;
    misfits.delete(parameter);
    found.set(parameter, adapted(tensor, channels, file));
    const how = channels === 1 ? "summed to one" : `repeated for ${channels}, times ${RGB}/${channels}`;
    notes.push(`${JSON.stringify(tensor.name)} is for images of ${RGB} channels, which were ${how}`);
  }
  return { match: { ...match, found, misfits }, notes };
}

/** The channels that a tensor of an RGB stem can be made for; undefined where the parameter is another layer's. */
export function adaptableTo({ dims, dtype }: StoredTensor, { type }: Parameter): number | undefined {
  const [outputs, channels, ...kernel] = concreteDims(type.dims);
  const wanted = [outputs, RGB, ...kernel].join();
  return dims.join() === wanted && kernel.length === 2 && channels !== RGB && isFloating(dtype)
    ? channels
    : undefined;
}

/** The weights of the convolutions that read the network's input, as they are before they are standardised. */
function stemWeights(graph: Graph): readonly Parameter[] {
  const producers = producersOf(graph);
  return graph.ops.flatMap((op) => {
    const [x, applied] = op.operands;
    if (!isOp(op, "conv") || x?.kind !== "input" || applied === undefined) return [];
    const maker = producers.get(applied);
    const weight = isOp(maker, "standardized_weight") ? operandsOf(maker).weight : applied;
    return weight.kind === "parameter" ? [weight] : [];
  });
}

function adapted(tensor: StoredTensor, channels: number, file: string): StoredTensor {
  const [outputs = 0, , ...kernel] = tensor.dims;
  const dims = [outputs, channels, ...kernel];
  let bytes: Uint8Array | undefined;
  return {
    name: tensor.name,
    dtype: "F32",
    dims,
    byteLength: 4 * elementCount(dims),
    readInto(target, offset) {
      bytes ??= encodeElements(adaptedNumbers(tensor, channels, file), "float32");
      target.set(bytes.subarray(offset, offset + target.length));
    },
  };
}

function adaptedNumbers(tensor: StoredTensor, channels: number, file: string): Float64Array {
  const [outputs = 0, , ...kernel] = tensor.dims;
  const places = elementCount(kernel);
  const given = new Float64Array(elementCount(tensor.dims));
  exactNumbers(tensor, file).copyTo(given, 0);
  const at = (o: number, c: number, p: number): number => given[(o * RGB + c) * places + p] ?? 0;
  return Float64Array.from({ length: outputs * channels * places }, (_, i) => {
    const [o, c, p] = [Math.floor(i / (channels * places)), Math.floor(i / places) % channels, i % places];
    return channels === 1 ? at(o, 0, p) + at(o, 1, p) + at(o, 2, p) : (at(o, c % RGB, p) * RGB) / channels;
  });
}

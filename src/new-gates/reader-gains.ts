import { type Graph, type Op, type Parameter, usesOf, type Value } from "../ir/graph.js";
import { operandsOf } from "../ir/ops/registry.js";
import { isOp } from "../ir/rewrite.js";
import { concreteDims, elementCount } from "../ir/types.js";
import { materialize } from "../weights/values/materialize.js";

/** Finds what the linear layers that read a value make of the power of each of its channels, up to a constant. */
export class ReaderGains {
  readonly #uses: ReadonlyMap<Value, readonly Op[]>;
  readonly #seed: number;
  readonly #known = new Map<Value, Float64Array>();

  constructor(graph: Graph, seed: number) {
    this.#uses = usesOf(graph);
    this.#seed = seed;
  }

  /**
   * Σ W[o,c]² over the outputs and taps of all layers that read the value, through sums, activations and gates on the way: how much
   * an error of channel c counts after them. 1 for all channels where no such layer is found.
   */
  of(value: Value): Float64Array | undefined {
    const gains = this.#find(value);
    return gains.some((each) => each > 0) ? gains : undefined;
  }

  #find(value: Value): Float64Array {
    const known = this.#known.get(value);
    if (known !== undefined) return known;
    const channels = value.type.dims[1];
    const gains = new Float64Array(typeof channels === "number" ? channels : 0);
    for (const reader of this.#uses.get(value) ?? []) this.#add(reader, value, gains);
    this.#known.set(value, gains);
    return gains;
  }

  #add(reader: Op, value: Value, gains: Float64Array): void {
    const [result] = reader.results;
    if (isOp(reader, "conv") || isOp(reader, "conv_1d") || isOp(reader, "conv_transpose")) {
      const { x, weight } = operandsOf<"conv" | "conv_1d" | "conv_transpose", Value>(reader);
      if (x === value && weight.kind === "parameter") this.#addLayer(reader, weight, gains);
      return;
    }
    if (result === undefined) return;
    const start = isOp(reader, "concat") ? channelsBefore(reader, value) : 0;
    const isMap = result.type.dims.length === value.type.dims.length;
    if (!isMap || (start === 0 && !isOp(reader, "concat") && result.type.dims[1] !== value.type.dims[1]))
      return;
    const later = this.#find(result);
    for (let c = 0; c < gains.length; c++) gains[c] = (gains[c] as number) + (later[start + c] ?? 0);
  }

  #addLayer(layer: Op, weight: Parameter, gains: Float64Array): void {
    const numbers = materialize(weight.data, this.#seed);
    const [first = 1, second = 1, ...taps] = concreteDims(weight.type.dims);
    const area = elementCount(taps);
    const group = isOp(layer, "conv") || isOp(layer, "conv_1d") ? layer.attributes.group : 1;
    const isTransposed = isOp(layer, "conv_transpose");
    numbers.forEach((each, i) => {
      const output = Math.floor(i / (area * second));
      const input = Math.floor(output / (first / group)) * second + (Math.floor(i / area) % second);
      const c = isTransposed ? output : input;
      gains[c] = (gains[c] as number) + each * each;
    });
  }
}

/** How many channels stand before those of an operand in a concatenation; 0 where that isn't known. */
function channelsBefore({ operands }: Op, value: Value): number {
  return operands.slice(0, operands.indexOf(value)).reduce((sum, { type }) => {
    const channels = type.dims[1];
    return sum + (typeof channels === "number" ? channels : 0);
  }, 0);
}

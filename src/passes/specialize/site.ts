import { type Graph, type Op, type OpOf, producersOf, usesOf, type Value } from "../../ir/graph.js";
import { operandsOf } from "../../ir/ops/registry.js";
import { isOp } from "../../ir/rewrite.js";
import { sameType } from "../../ir/types.js";

/** A convolution of 1×1 with stride 1, no padding and one group: at each position a product with one matrix [outputs, inputs]. */
export interface Pointwise {
  readonly op: Op & OpOf<"conv">;
  readonly x: Value;
  readonly weight: Value;
  readonly inputs: number;
  readonly outputs: number;
}

/** A product x ⊙ g of a map [N, C, H, W] and one number for each channel, [N, C, 1, 1], with what is around it. All are float32. */
export interface GateSite {
  readonly product: Op & OpOf<"mul">;
  readonly x: Value;
  readonly gate: Value;
  /** Images in a batch; undefined if it is open. */
  readonly batch: number | undefined;
  readonly channels: number;
  /** H · W */
  readonly positions: number;
  /** The pooling that the gate is computed from; undefined if that does not read x itself. */
  readonly pool: (Op & OpOf<"global_avg_pool">) | undefined;
  /** The convolution that computes x, if only the product and the pooling read it. */
  readonly maker: Pointwise | undefined;
  /** The convolution that alone reads the product. */
  readonly reader: Pointwise | undefined;
  /** The sum of two maps that alone reads the product. */
  readonly sum: (Op & OpOf<"add">) | undefined;
  /** Whether the other map of that sum is a convolution's, which a runtime adds to while it computes it. */
  readonly sumsConvolution: boolean;
  /** Whether a convolution and its activation give the gate as it is, without a reshape in between. */
  readonly fromConvolution: boolean;
}

/** All products of a map and a gate, in order. */
export function gateSites(graph: Graph): readonly GateSite[] {
  const [makers, uses] = [producersOf(graph), usesOf(graph)];
  const outputs = new Set<Value>(graph.outputs);
  const readersOf = (value: Value): readonly Op[] => (outputs.has(value) ? [] : (uses.get(value) ?? []));
  const onlyReader = (value: Value): Op | undefined => {
    const [reader, ...others] = readersOf(value);
    return others.length === 0 ? reader : undefined;
  };
  const sourceOf = (gate: Value): Value => {
    // Back over the activation of the gate.
    const op = makers.get(gate);
    return op !== undefined && op.operands.length === 1 ? (op.operands[0] ?? gate) : gate;
  };
  return graph.ops.flatMap((product): GateSite[] => {
    if (!isOp(product, "mul")) return [];
    const sides = gatedSides(product);
    const [result] = product.results;
    if (sides === undefined || result === undefined) return [];
    const { x, gate } = sides;
    const [batch, channels, height, width] = x.type.dims;
    const readers = readersOf(x);
    const pool = readers.find((op) => isOp(op, "global_avg_pool"));
    const isOurs = readers.every((op) => op === product || op === pool);
    const sum = onlyReader(result);
    const summed = isOp(sum, "add") && sum.operands.every(({ type }) => sameType(type, result.type));
    const other = summed ? sum.operands.find((operand) => operand !== result) : undefined;
    return [
      {
        ...{ product, x, gate, channels: Number(channels), positions: Number(height) * Number(width) },
        batch: typeof batch === "number" ? batch : undefined,
        pool: isOp(pool, "global_avg_pool") ? pool : undefined,
        maker: isOurs ? pointwiseOf(makers.get(x)) : undefined,
        reader: readerOf(onlyReader(result), result),
        sum: summed && other !== undefined ? sum : undefined,
        sumsConvolution: other !== undefined && makers.get(other)?.kind === "conv",
        fromConvolution: makers.get(sourceOf(gate))?.kind === "conv",
      },
    ];
  });
}

/** Which operand of a product is the map, and which the gate. */
function gatedSides({ operands }: Op & OpOf<"mul">): Pick<GateSite, "x" | "gate"> | undefined {
  const isGateOf = (x: Value | undefined, gate: Value | undefined): boolean => {
    const [map, row] = [x?.type, gate?.type];
    if (map?.dtype !== "float32" || row?.dtype !== "float32" || gate?.kind !== "result") return false;
    const [n, channels, height, width] = map.dims;
    const isMap = [channels, height, width].every((size) => typeof size === "number");
    const [rows, ...rest] = row.dims;
    if (!isMap || map.dims.length !== 4 || Number(height) * Number(width) === 1) return false;
    return rows === n && rest.length === 3 && rest.every((size, i) => size === (i === 0 ? channels : 1));
  };
  const [a, b] = operands;
  if (a === undefined || b === undefined) return undefined;
  if (isGateOf(a, b)) return { x: a, gate: b };
  return isGateOf(b, a) ? { x: b, gate: a } : undefined;
}

function readerOf(op: Op | undefined, product: Value): Pointwise | undefined {
  const reader = pointwiseOf(op);
  return reader?.x === product ? reader : undefined;
}

function pointwiseOf(op: Op | undefined): Pointwise | undefined {
  if (!isOp(op, "conv")) return undefined;
  const { x, weight } = operandsOf<"conv", Value>(op);
  const { strides, pads, group } = op.attributes;
  const [outputs, inputs, ...kernel] = weight.type.dims;
  const isPointwise =
    [...strides, group, ...kernel].every((size) => size === 1) && pads.every((pad) => pad === 0);
  if (!isPointwise || weight.kind !== "parameter") return undefined;
  return { op, x, weight, inputs: Number(inputs), outputs: Number(outputs) };
}

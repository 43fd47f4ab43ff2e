import type { OpOf, Value } from "../../graph.js";
import { operandsOf } from "../../ops/registry.js";
import type { RewriteContext } from "../../rewrite.js";
import { featureMap } from "../../types.js";
import { constantWeight } from "../../weight.js";
import { convolution } from "../lowering/parts.js";
import { augmentedParts } from "./module.js";

/**
 * With h heads, P = H·W positions, d = dk/h and e = dv/h:
 *
 *     x ┬ conv 1×1 ┬ Q [N,h,P,d] ┬ matmul K [N,h,d,P] ─ [N,h·P,H,W] ─ add ─ add ─ [N,h,P,P] ─ softmax ─ turned ┐
 *       │          │             ├ offsets of rows ──── [N,h·P,H,1] ──┘     │                                   │
 *       │          │             └ offsets of columns ─ [N,h·P,1,W] ────────┘                                   │
 *       │          └ V [N,h,e,P] ────────────────────────────────────────────────────────────────────────── matmul ┐
 *       │                                                                     ┌ conv 1×1 ─ [N,dv,H,W] ─────────────┘
 *       └ conv k×k ────────────────────────────────────────────────────────── concat
 */
export function lowerAa(op: OpOf<"attention.aa">, context: RewriteContext): Value {
  const { x, qkv, qkvBias, out, outBias, parameters } = operandsOf(op);
  const { heads, relative } = op.attributes;
  const [, channels, height, width] = featureMap(x.type, "x");
  const values = Number(out.type.dims[0]);
  const keys = (Number(qkv.type.dims[0]) - values) / 2;
  const [positions, perHead] = [height * width, keys / heads];
  const { rows, columns, weight, bias } = augmentedParts(parameters, relative, values < channels);

  const all = convolution(context, x, qkv, qkvBias, "qkv");
  const part = (name: string, start: number, end: number): Value =>
    context.op("slice", [all], { axis: 1, start, end }, name);
  const matrix = (value: Value, name: string): Value => {
    const each = Number(value.type.dims[1]) / heads;
    return context.op("reshape", [value], { shape: [0, heads, each, positions] }, `${name}_matrix`);
  };
  const scale = context.constant("scale", constantWeight([], perHead ** -0.5));
  const queries = context.op("mul", [part("queries", 0, keys), scale], {}, "scaled");
  const turned = context.op(
    "transpose",
    [matrix(queries, "queries")],
    { permutation: [0, 1, 3, 2] },
    "queries_turned",
  );
  const products = context.op(
    "matmul",
    [turned, matrix(part("keys", keys, 2 * keys), "keys")],
    {},
    "products",
  );
  const logits =
    rows === undefined || columns === undefined
      ? products
      : withPositions(context, products, queries, rows, columns, { heads, perHead, height, width });
  const shares = context.op("softmax", [logits], { axis: 3 }, "shares");
  const wanted = context.op("transpose", [shares], { permutation: [0, 1, 3, 2] }, "shares_turned");
  const mixed = context.op(
    "matmul",
    [matrix(part("values", 2 * keys, 2 * keys + values), "values"), wanted],
    {},
    "mixed",
  );
  const map = context.op("reshape", [mixed], { shape: [0, values, height, width] }, "map");
  if (weight === undefined) return convolution(context, map, out, outBias, "out");
  const attended = convolution(context, map, out, outBias, "out");
  const pad = (Number(weight.type.dims[2]) - 1) / 2;
  const pads: [number, number, number, number] = [pad, pad, pad, pad];
  const convolved = convolution(context, x, weight, bias, "conv", { pads });
  return context.op("concat", [convolved, attended], { axis: 1 });
}

interface Sizes {
  readonly heads: number;
  readonly perHead: number;
  readonly height: number;
  readonly width: number;
}

/** Products [N, h, P, P] with those of the queries and the embeddings of relative positions added. */
function withPositions(
  context: RewriteContext,
  products: Value,
  queries: Value,
  rows: Value,
  columns: Value,
  { heads, perHead, height, width }: Sizes,
): Value {
  const positions = height * width;
  const map = context.op(
    "reshape",
    [queries],
    { shape: [0, heads, perHead, height, width] },
    "positions/queries",
  );
  const rowLines = { lines: heads * height, size: width, perHead, permutation: [0, 1, 3, 4, 2] };
  const byRow = offsetProducts(context, map, columns, rowLines, "positions/columns");
  const ofColumns = context.op(
    "reshape",
    [byRow],
    { shape: [0, heads * positions, 1, width] },
    "positions/columns",
  );
  const columnLines = { lines: heads * width, size: height, perHead, permutation: [0, 1, 4, 3, 2] };
  const byColumn = offsetProducts(context, map, rows, columnLines, "positions/rows");
  const apart = context.op(
    "reshape",
    [byColumn],
    { shape: [0, heads, width, height, height] },
    "positions/rows_apart",
  );
  const inOrder = context.op(
    "transpose",
    [apart],
    { permutation: [0, 1, 3, 2, 4] },
    "positions/rows_in_order",
  );
  const ofRows = context.op(
    "reshape",
    [inOrder],
    { shape: [0, heads * positions, height, 1] },
    "positions/rows",
  );
  const maps = context.op(
    "reshape",
    [products],
    { shape: [0, heads * positions, height, width] },
    "positions/maps",
  );
  const first = context.op("add", [maps, ofRows], {}, "positions/first");
  const both = context.op("add", [first, ofColumns], {}, "positions/both");
  return context.op("reshape", [both], { shape: [0, heads, positions, positions] }, "logits");
}

/** The lines of all heads' maps along one side: how many, of how many positions, and how queries are turned to them. */
interface Lines {
  readonly lines: number;
  readonly size: number;
  readonly perHead: number;
  readonly permutation: readonly number[];
}

/**
 * Products of the queries [N, h, d, H, W], permuted to lines of n positions [N, h, lines, n, d], with the embedding of each
 * offset, ordered by position instead of offset: [N, h·lines, n, n].
 *
 * Of a line's products [n, 2n-1], position i needs those from n-1-i on. With one zero at the end of each row and n-1 after
 * the last, rows of 2n-1 numbers begin one number earlier each time, and so each with what its position needs.
 */
function offsetProducts(
  context: RewriteContext,
  queries: Value,
  embedding: Value,
  { lines: all, size, perHead, permutation }: Lines,
  name: string,
): Value {
  const lines = context.op("transpose", [queries], { permutation: [...permutation] }, `${name}_lines`);
  const offsets = 2 * size - 1;
  const flat = context.op("reshape", [lines], { shape: [0, all, size, perHead] }, `${name}_flat`);
  const turned = context.op("transpose", [embedding], { permutation: [1, 0] }, `${name}_embedding`);
  const products = context.op("matmul", [flat, turned], {}, `${name}_products`);
  const pad = (value: Value, after: number, suffix: string): Value =>
    context.op("pad", [value], { before: [0, 0, 0, 0], after: [0, 0, 0, after] }, `${name}_${suffix}`);
  const spaced = context.op(
    "reshape",
    [pad(products, 1, "spaced")],
    { shape: [0, all, 1, size * (offsets + 1)] },
    `${name}_run`,
  );
  const moved = context.op(
    "reshape",
    [pad(spaced, size - 1, "longer")],
    { shape: [0, all, size + 1, offsets] },
    `${name}_moved`,
  );
  const whole = context.op("slice", [moved], { axis: 2, start: 0, end: size }, `${name}_whole`);
  return context.op("slice", [whole], { axis: 3, start: size - 1, end: offsets }, `${name}_absolute`);
}

import { floorQuotient, minus, plus, times } from "../../ir/sizes.js";
import type { Dim } from "../../ir/types.js";
import { type Inferred, type OpenDim, open, openDims } from "./inferred.js";
import { rulesFor, type TypeRule, type TypeRules } from "./rule.js";
import type { RuleNode } from "./rule-node.js";

/** Where the operands of a convolution are. */
interface Slots {
  readonly weight: number;
  /** The input whose element type the result has; absent, that of the map. */
  readonly like?: number;
  readonly dtype?: Inferred["dtype"];
}

/** The sizes of a map after a window has moved over it; `kernel` undefined where its size is not known. */
function positionsOf(node: RuleNode, kernel: readonly OpenDim[] | undefined): readonly OpenDim[] | undefined {
  const sizes = node.dims(0)?.slice(2);
  const list = (name: string): readonly number[] => node.ints(name) ?? [];
  const [strides, dilations, pads] = [list("strides"), list("dilations"), list("pads")];
  const [mode, ceil] = [node.string("auto_pad", "NOTSET"), node.int("ceil_mode", 0) !== 0];
  return sizes?.map((size, axis) => {
    const [stride, k] = [strides[axis] ?? 1, kernel?.[axis]];
    if (mode.startsWith("SAME")) return floorQuotient(plus(size, stride - 1), stride);
    if (k === undefined) return undefined;
    const padded = mode === "VALID" ? 0 : (pads[axis] ?? 0) + (pads[axis + sizes.length] ?? 0);
    const extent = plus(times(dilations[axis] ?? 1, minus(k, 1)), 1);
    const room = plus(minus(plus(size, padded), extent), ceil ? stride - 1 : 0);
    return withoutLast(plus(floorQuotient(room, stride), 1), { size, stride, before: pads[axis] ?? 0, ceil });
  });
}

/** Rounded up, a last window that would begin behind the map is left out. */
function withoutLast(
  count: Dim,
  { size, stride, before, ceil }: { size: Dim; stride: number; before: number; ceil: boolean },
): Dim {
  const isBehind =
    ceil && typeof count === "number" && typeof size === "number" && (count - 1) * stride >= size + before;
  return isBehind ? minus(count, 1) : count;
}

export function convolution({ weight, like, dtype }: Slots): TypeRule {
  return (node) => {
    const [x, w] = [node.dims(0), node.dims(weight)];
    const kernel = node.ints("kernel_shape") ?? w?.slice(2);
    const positions = positionsOf(node, kernel) ?? (w && openDims(w.length - 2));
    return [{ dtype: dtype ?? node.dtype(like ?? 0), dims: positions && [x?.[0], w?.[0], ...positions] }];
  };
}

const transposed: TypeRule = (node) => {
  const [x, w] = [node.dims(0), node.dims(1)];
  if (x === undefined || w === undefined) return [undefined];
  const list = (name: string): readonly number[] => node.ints(name) ?? [];
  const asked = node.ints("output_shape");
  const kernel = node.ints("kernel_shape") ?? w.slice(2);
  const [strides, dilations, pads, extra] = [
    list("strides"),
    list("dilations"),
    list("pads"),
    list("output_padding"),
  ];
  const same = node.string("auto_pad", "NOTSET").startsWith("SAME");
  const rank = x.length - 2;
  const positions = x.slice(2).map((size, axis): OpenDim => {
    const stride = strides[axis] ?? 1;
    if (asked !== undefined) return asked.slice(-rank)[axis];
    if (same) return times(size, stride);
    const extent = plus(times(dilations[axis] ?? 1, minus(kernel[axis] ?? 1, 1)), 1);
    const spread = plus(times(stride, minus(size, 1)), plus(extent, extra[axis] ?? 0));
    return minus(spread, (pads[axis] ?? 0) + (pads[axis + rank] ?? 0));
  });
  const perGroup = w[1];
  const channels = perGroup === undefined ? undefined : times(perGroup, node.int("group", 1));
  return [{ dtype: node.dtype(0), dims: [x[0], channels, ...positions] }];
};

const pool: TypeRule = (node) => {
  const [x, positions] = [node.dims(0), positionsOf(node, node.ints("kernel_shape"))];
  const dims = x && positions && [x[0], x[1], ...positions];
  return [
    { dtype: node.dtype(0), dims },
    { dtype: "int64", dims },
  ];
};

const globalPool: TypeRule = (node) => [
  { dtype: node.dtype(0), dims: node.dims(0)?.map((dim, axis) => (axis < 2 ? dim : 1)) },
];

/** The regions, [R, ...], give a map each. */
function regions(first: OpenDim, channels: OpenDim, sizes: readonly OpenDim[], node: RuleNode): Inferred {
  return { dtype: node.dtype(0), dims: [first, channels, ...sizes] };
}

const unpool: TypeRule = (node) => {
  const dims = node.dims(0);
  if (dims === undefined) return [undefined];
  const asked = node.has(2) ? (node.values(2) ?? dims.map(() => undefined)) : undefined;
  const list = (name: string): readonly number[] => node.ints(name) ?? [];
  const [kernel, strides, pads] = [list("kernel_shape"), list("strides"), list("pads")];
  const rank = dims.length - 2;
  const positions = dims.map((dim, axis): OpenDim => {
    const at = axis - 2;
    if (at < 0) return dim;
    const padded = (pads[at] ?? 0) + (pads[at + rank] ?? 0);
    return minus(plus(times(strides[at] ?? 1, minus(dim, 1)), kernel[at] ?? 1), padded);
  });
  return [{ dtype: node.dtype(0), dims: asked ?? positions }];
};

/** Blocks of columns, [N, C·kernel, L], back to a map whose sizes are an input. */
const col2Im: TypeRule = (node) => {
  const [x, image, block] = [node.dims(0), node.values(1), node.values(2)];
  const rank = image?.length ?? node.dim(1, 0);
  if (typeof rank !== "number") return [open(node.dtype(0), 4)];
  const positions = image ?? openDims(rank) ?? [];
  const columns = x?.[1];
  const channels =
    block && columns !== undefined ? floorQuotient(columns, block.reduce(times, 1)) : undefined;
  return [{ dtype: node.dtype(0), dims: [x?.[0], channels, ...positions] }];
};

const gridSample: TypeRule = (node) => {
  const [x, grid] = [node.dims(0), node.dims(1)];
  if (x === undefined || grid === undefined) return [undefined];
  return [{ dtype: node.dtype(0), dims: [x[0], x[1], ...grid.slice(1, -1)] }];
};

/**
 * Operators whose windows move over a map [N, C, ...sizes]: convolutions, pools, samplers.
 *
 * Source: https://onnx.ai/onnx/operators/
 */
export const WINDOWS: TypeRules = {
  ...rulesFor("Conv DeformConv", convolution({ weight: 1 })),
  ConvInteger: convolution({ weight: 1, dtype: "int32" }),
  QLinearConv: convolution({ weight: 3, like: 7 }),
  ConvTranspose: transposed,
  ...rulesFor("AveragePool LpPool MaxPool", pool),
  ...rulesFor("GlobalAveragePool GlobalLpPool GlobalMaxPool", globalPool),
  MaxRoiPool: (node) => [regions(node.dim(1, 0), node.dim(0, 1), node.ints("pooled_shape") ?? [], node)],
  RoiAlign: (node) => [
    regions(
      node.dim(1, 0),
      node.dim(0, 1),
      [node.int("output_height", 1), node.int("output_width", 1)],
      node,
    ),
  ],
  MaxUnpool: unpool,
  Col2Im: col2Im,
  GridSample: gridSample,
};

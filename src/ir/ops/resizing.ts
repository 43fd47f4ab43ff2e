import * as z from "zod";
import { primitiveOp } from "../op.js";
import { floats, integers, optional } from "../operands.js";
import { plus, times } from "../sizes.js";
import { elementAt, type Tensor, zeros } from "../tensor.js";
import { type Dim, elementCount, formatType, refuse, type TensorType, tensorType } from "../types.js";

/** Where position i of the result lies in x, by ONNX's names. `scale` is how much longer the axis became. */
const COORDINATES = {
  half_pixel: (i, { scale }) => (i + 0.5) / scale - 0.5,
  pytorch_half_pixel: (i, { scale, to }) => (to > 1 ? (i + 0.5) / scale - 0.5 : 0),
  asymmetric: (i, { scale }) => i / scale,
  align_corners: (i, { from, to }) => (to === 1 ? 0 : (i * (from - 1)) / (to - 1)),
} as const satisfies { readonly [name: string]: (i: number, axis: Axis) => number };

/** Which position is the nearest, by ONNX's names. */
const ROUNDINGS = {
  round_prefer_floor: (position) => Math.ceil(position - 0.5),
  round_prefer_ceil: (position) => Math.floor(position + 0.5),
  floor: Math.floor,
  ceil: Math.ceil,
} as const satisfies { readonly [name: string]: (position: number) => number };

const attributes = () =>
  z.strictObject({
    /** How much longer each axis becomes; left out, the sizes are an operand. */
    scales: z.array(z.number().positive()).min(1).optional(),
    mode: z.enum(["nearest", "linear"]).default("nearest"),
    coordinates: z.enum(Object.keys(COORDINATES) as [keyof typeof COORDINATES]).default("half_pixel"),
    rounding: z.enum(Object.keys(ROUNDINGS) as [keyof typeof ROUNDINGS]).default("round_prefer_floor"),
  });

type Attributes = z.output<ReturnType<typeof attributes>>;

/** The sizes times the scales, rounded down in float32, which ONNX has the scales in. */
function scaled(dims: readonly Dim[], scales: readonly number[]): readonly Dim[] {
  return dims.map((size, axis) => {
    const scale = scales[axis] ?? 1;
    if (typeof size === "number") return Math.floor(Math.fround(Math.fround(scale) * size));
    return Number.isInteger(scale)
      ? times(size, scale)
      : refuse(`the open size ${size} is scaled by ${scale}`);
  });
}

/** One axis of a resizing. */
interface Axis {
  readonly from: number;
  readonly to: number;
  readonly scale: number;
}

/** The elements of x that a position along the axis is made of, with their shares. */
type Share = readonly [position: number, share: number];

function resizeAxis(x: Tensor, axis: number, to: number, { scales, ...how }: Attributes): Tensor {
  const from = elementAt(x.dims, axis);
  const scale = scales?.[axis] ?? to / from;
  if (from === to && scale === 1) return x;
  const inner = elementCount(x.dims.slice(axis + 1));
  const y = zeros(x.dims.with(axis, to), x);
  const shares = Array.from({ length: to }, (_, i) => sharesAt(i, { from, to, scale }, how));
  for (let target = 0; target < y.data.length; target++) {
    const row = Math.floor(target / (to * inner)) * from;
    let sum = 0;
    for (const [position, share] of elementAt(shares, Math.floor(target / inner) % to)) {
      sum += share * elementAt(x.data, (row + position) * inner + (target % inner));
    }
    y.data[target] = sum;
  }
  return y;
}

function sharesAt(
  i: number,
  axis: Axis,
  { mode, coordinates, rounding }: Omit<Attributes, "scales">,
): readonly Share[] {
  const inside = (position: number): number => Math.min(Math.max(position, 0), axis.from - 1);
  const position = COORDINATES[coordinates](i, axis);
  if (mode === "nearest") return [[inside(ROUNDINGS[rounding](position)), 1]];
  const before = Math.floor(inside(position));
  const share = inside(position) - before;
  return [
    [before, 1 - share],
    [inside(before + 1), share],
  ];
}

const counts = z.array(z.int().min(0)).min(1);

/** How many positions come before and after each axis. */
const paddings = () => z.strictObject({ before: counts, after: counts });

function checkPaddings(
  { dims }: TensorType,
  { before, after }: { readonly before: readonly number[]; readonly after: readonly number[] },
): void {
  if (before.length !== dims.length || after.length !== dims.length)
    refuse(`before and after must have ${dims.length} numbers, one for each axis`);
}

function paddedDims(
  dims: readonly Dim[],
  before: readonly number[],
  after: readonly number[],
): readonly Dim[] {
  return dims.map((dim, axis) => plus(dim, (before[axis] ?? 0) + (after[axis] ?? 0)));
}

/** x with its elements next to both ends of an axis in the opposite order around it. */
function mirrored(x: Tensor, axis: number, before: number, after: number): Tensor {
  const size = elementAt(x.dims, axis);
  const inner = elementCount(x.dims.slice(axis + 1));
  const to = size + before + after;
  const y = zeros(x.dims.with(axis, to), x);
  for (let row = 0; row * to * inner < y.data.length; row++) {
    for (let i = 0; i < to; i++) {
      const distance = Math.abs(i - before);
      const from = (row * size + (distance < size ? distance : 2 * (size - 1) - distance)) * inner;
      y.data.set(x.data.subarray(from, from + inner), (row * to + i) * inner);
    }
  }
  return y;
}

/** Maps with more or fewer positions. */
export const resizing = {
  pad: primitiveOp({
    precision: "half",
    doc: "x with zeros before and after it along each axis",
    source: "https://onnx.ai/onnx/operators/onnx__Pad.html (mode constant, value 0)",
    operands: { x: floats },
    attributes: paddings,
    infer({ x }, { before, after }) {
      checkPaddings(x, { before, after });
      return tensorType(paddedDims(x.dims, before, after), x.dtype);
    },
    evaluate({ x }, { before, after }) {
      const y = zeros(paddedDims(x.dims, before, after) as number[], x);
      x.data.forEach((value, i) => {
        let rest = i;
        let target = 0;
        let step = 1;
        for (let axis = x.dims.length - 1; axis >= 0; axis--) {
          const size = x.dims[axis] as number;
          target += ((rest % size) + (before[axis] as number)) * step;
          rest = Math.floor(rest / size);
          step *= y.dims[axis] as number;
        }
        y.data[target] = value;
      });
      return y;
    },
  }),
  reflect_pad: primitiveOp({
    precision: "half",
    doc: "x mirrored at the ends of each axis, whose outermost elements are not repeated",
    source: "https://onnx.ai/onnx/operators/onnx__Pad.html (mode reflect)",
    operands: { x: floats },
    attributes: paddings,
    moves: true,
    infer({ x }, { before, after }) {
      checkPaddings(x, { before, after });
      x.dims.forEach((size, axis) => {
        const most = Math.max(before[axis] ?? 0, after[axis] ?? 0);
        if (most > 0 && typeof size === "number" && most >= size)
          refuse(`an axis of ${size} can't be mirrored at ${most} positions`);
      });
      return tensorType(paddedDims(x.dims, before, after), x.dtype);
    },
    evaluate({ x }, { before, after }) {
      return x.dims.reduce(
        (y, _, axis) => mirrored(y, axis, before[axis] as number, after[axis] as number),
        x,
      );
    },
  }),
  resize: primitiveOp({
    precision: "half",
    doc: "x with longer or shorter axes: the nearest element, or a mean of the two around, weighted by their distance",
    source: "https://onnx.ai/onnx/operators/onnx__Resize.html (mode nearest or linear, without antialias)",
    operands: { x: floats, sizes: optional(integers) },
    attributes,
    infer({ x, sizes }, { scales }) {
      if ((sizes === undefined) === (scales === undefined)) refuse("it needs either scales or sizes");
      const wanted =
        sizes === undefined ? scales : (sizes.values ?? refuse("its sizes depend on more than sizes"));
      if (wanted?.length !== x.dims.length) refuse(`${formatType(x)} has not ${wanted?.length} axes`);
      return tensorType(sizes === undefined ? scaled(x.dims, wanted as number[]) : wanted, x.dtype);
    },
    evaluate({ x, sizes }, given) {
      const to = sizes === undefined ? (scaled(x.dims, given.scales ?? []) as number[]) : [...sizes.data];
      return to.reduce((tensor, size, axis) => resizeAxis(tensor, axis, size, given), x);
    },
  }),
};

import * as z from "zod";
import { plainOp, primitiveOp } from "../op.js";
import { integers, numbers } from "../operands.js";
import { floorQuotient, productOf } from "../sizes.js";
import { type Dim, formatDims, formatType, refuse, tensorType } from "../types.js";
import { axesAttribute, checkAxes } from "./axes.js";

/**
 * The sizes that a tensor of `from` gets. Refuses what certainly has another number of elements; a symbol in `shape` is
 * taken at its word, for a tensor that it doesn't fit can't be reshaped when the time comes.
 */
export function reshapedDims(from: readonly Dim[], shape: readonly Dim[]): readonly Dim[] {
  const cannot = (): never => refuse(`[${formatDims(from)}] can't become [${formatDims(shape)}]`);
  const sizes = shape.map((size, i) =>
    size === 0 ? (from[i] ?? refuse(`there is no size ${i} to copy`)) : size,
  );
  const known = sizes.filter((size) => size !== -1);
  // Equal sizes on both sides say nothing of the others, and need not be known.
  const left = [...from];
  const wanted = known.filter((size) => {
    const at = left.indexOf(size);
    if (at !== -1) left.splice(at, 1);
    return at === -1;
  });
  const [elements, taken] = [productOf(left), productOf(wanted)];
  switch (sizes.length - known.length) {
    case 0:
      return fits(elements, taken, wanted) ? sizes : cannot();
    case 1:
      if (typeof elements === "number" && typeof taken === "number" && elements % taken !== 0)
        return cannot();
      return sizes.map((size) => (size === -1 ? floorQuotient(elements, taken) : size));
    default:
      return cannot();
  }
}

/** Whether so many elements can be those of the wanted sizes. */
function fits(elements: Dim, taken: Dim, wanted: readonly Dim[]): boolean {
  return elements === taken || wanted.some((size) => typeof size === "string");
}

function flattened(dims: readonly Dim[], axis: number): readonly Dim[] {
  return [productOf(dims.slice(0, axis)), productOf(dims.slice(axis))];
}

function without<D>(dims: readonly D[], axes: readonly number[]): readonly D[] {
  return dims.filter((_, axis) => !axes.includes(axis));
}

function withOnes<D extends Dim>(dims: readonly D[], axes: readonly number[]): readonly (D | 1)[] {
  const rest = [...dims];
  return Array.from({ length: dims.length + axes.length }, (_, axis) =>
    axes.includes(axis) ? 1 : (rest.shift() as D),
  );
}

/** The same elements under other sizes, and the sizes themselves. */
export const shapes = {
  identity: plainOp({
    onnx: { operator: "Identity" },
    precision: "half",
    doc: "x",
    operands: { x: numbers },
    moves: true,
    infer: ({ x }) => x,
    evaluate: ({ x }) => x,
  }),
  reshape: primitiveOp({
    precision: "half",
    doc: "the same elements in another shape; 0 copies the size at that place, one -1 takes what is left",
    source: "https://onnx.ai/onnx/operators/onnx__Reshape.html (allowzero 0)",
    operands: { x: numbers },
    attributes: () => z.strictObject({ shape: z.array(z.int().min(-1)).min(1) }),
    moves: true,
    infer({ x }, { shape }) {
      return tensorType(reshapedDims(x.dims, shape), x.dtype);
    },
    evaluate({ x }, { shape }) {
      return { dims: reshapedDims(x.dims, shape) as number[], data: x.data };
    },
  }),
  reshape_to: primitiveOp({
    precision: "half",
    doc: "reshape, to sizes that are computed",
    source: "https://onnx.ai/onnx/operators/onnx__Reshape.html (allowzero 0)",
    operands: { x: numbers, shape: integers },
    moves: true,
    infer({ x, shape }) {
      if (shape.dims.length !== 1) refuse("its shape must be a vector");
      const sizes = shape.values ?? refuse("its shape depends on more than sizes");
      return tensorType(reshapedDims(x.dims, sizes), x.dtype);
    },
    evaluate({ x, shape }) {
      return { dims: reshapedDims(x.dims, [...shape.data]) as readonly number[], data: x.data };
    },
  }),
  flatten: primitiveOp({
    precision: "half",
    doc: "the product of the sizes before an axis by the product of the others: [N, ...] to [N, the rest]",
    source: "https://onnx.ai/onnx/operators/onnx__Flatten.html",
    operands: { x: numbers },
    attributes: () => z.strictObject({ axis: z.int().min(0).default(1) }),
    moves: true,
    infer({ x }, { axis }) {
      if (axis > x.dims.length) refuse(`${formatType(x)} has no axis ${axis}`);
      return tensorType(flattened(x.dims, axis), x.dtype);
    },
    evaluate({ x }, { axis }) {
      return { dims: flattened(x.dims, axis) as readonly number[], data: x.data };
    },
  }),
  squeeze: primitiveOp({
    precision: "half",
    doc: "x without some axes, which have the size 1",
    source: "https://onnx.ai/onnx/operators/onnx__Squeeze.html",
    operands: { x: numbers },
    attributes: () => z.strictObject({ axes: axesAttribute }),
    moves: true,
    infer({ x }, { axes }) {
      checkAxes(axes, x.dims.length);
      for (const axis of axes) {
        if (x.dims[axis] !== 1) refuse(`axis ${axis} of ${formatType(x)} does not have the size 1`);
      }
      return tensorType(without(x.dims, axes), x.dtype);
    },
    evaluate({ x }, { axes }) {
      return { dims: without(x.dims, axes), data: x.data };
    },
  }),
  unsqueeze: primitiveOp({
    precision: "half",
    doc: "x with more axes, of size 1, at some places of the result",
    source: "https://onnx.ai/onnx/operators/onnx__Unsqueeze.html",
    operands: { x: numbers },
    attributes: () => z.strictObject({ axes: axesAttribute }),
    moves: true,
    infer({ x }, { axes }) {
      checkAxes(axes, x.dims.length + axes.length);
      return tensorType(withOnes(x.dims, axes), x.dtype);
    },
    evaluate({ x }, { axes }) {
      return { dims: withOnes(x.dims, axes), data: x.data };
    },
  }),
  shape: primitiveOp({
    precision: "half",
    doc: "the sizes of x, or those of the axes from start to before end, as int64",
    source: "https://onnx.ai/onnx/operators/onnx__Shape.html",
    operands: { x: numbers },
    attributes: () =>
      z.strictObject({
        /** The first axis, counted from the end where it is negative. */
        start: z.int().default(0),
        /** The axis after the last, likewise; left out, all of the rest. */
        end: z.int().optional(),
      }),
    // Axes beyond the first or last are those, as JavaScript's slice has it.
    infer: ({ x }, range) => tensorType([x.dims.slice(range.start, range.end).length], "int64"),
    values: ({ x }, range) => x.dims.slice(range.start, range.end),
    evaluate({ x }, range) {
      const sizes = x.dims.slice(range.start, range.end);
      return { dims: [sizes.length], data: Float64Array.from(sizes) };
    },
  }),
};

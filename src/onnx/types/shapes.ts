import { floorQuotient, minus, plus, productOf, times } from "../../ir/sizes.js";
import type { Dim } from "../../ir/types.js";
import {
  axisIn,
  broadcast,
  elementAt,
  elementsOf,
  type Inferred,
  type OpenDim,
  open,
  openDims,
} from "./inferred.js";
import { rulesFor, type TypeRule, type TypeRules } from "./rule.js";
import type { RuleNode } from "./rule-node.js";
import { moved, slice } from "./slices.js";

/** The same elements in another shape. */
function reshaped(node: RuleNode, dims: readonly OpenDim[] | undefined): readonly Inferred[] {
  return [{ dtype: node.dtype(0), dims, values: dims && node.values(0) }];
}

/** A 0 copies a size, unless it means no elements, and -1 is what is left. */
const reshape: TypeRule = (node) => {
  const [x, target] = [node.dims(0), node.list("shape", 1)];
  const rank = node.dim(1, 0);
  if (target === undefined || target === "unknown") return [open(node.dtype(0), rank)];
  const copies = node.int("allowzero", 0) === 0;
  const dims = target.map((size, axis) => (size === 0 && copies ? x?.[axis] : size));
  const left = dims.indexOf(-1);
  if (left >= 0) {
    const others = dims.toSpliced(left, 1);
    const known = x !== undefined && others.every((dim) => dim !== undefined && dim !== 0);
    dims[left] = known ? floorQuotient(productOf(x), productOf(others as readonly Dim[])) : undefined;
  }
  return reshaped(node, dims);
};

const flatten: TypeRule = (node) => {
  const dims = node.dims(0);
  if (dims === undefined) return [open(node.dtype(0), 2)];
  const axis = axisIn(node.int("axis", 1), dims.length);
  return reshaped(node, [productOf(dims.slice(0, axis)), productOf(dims.slice(axis))]);
};

const squeeze: TypeRule = (node) => {
  const [dims, given] = [node.dims(0), node.list("axes", 1)];
  if (dims === undefined || given === "unknown") return [{ dtype: node.dtype(0) }];
  // Without axes all of one go, so every size must be known.
  if (given === undefined && dims.some((dim) => typeof dim === "string")) return [{ dtype: node.dtype(0) }];
  const gone = new Set(given?.map((axis) => axisIn(Number(axis), dims.length)));
  return reshaped(
    node,
    dims.filter((dim, axis) => (given === undefined ? dim !== 1 : !gone.has(axis))),
  );
};

const unsqueeze: TypeRule = (node) => {
  const [dims, given] = [node.dims(0), node.list("axes", 1)];
  if (dims === undefined || given === undefined || given === "unknown") return [{ dtype: node.dtype(0) }];
  const rank = dims.length + given.length;
  const axes = new Set(given.map((axis) => axisIn(Number(axis), rank)));
  const left = [...dims];
  return reshaped(
    node,
    Array.from({ length: rank }, (_, axis): OpenDim => (axes.has(axis) ? 1 : left.shift())),
  );
};

const transpose: TypeRule = (node) => {
  const dims = node.dims(0);
  if (dims === undefined) return [{ dtype: node.dtype(0) }];
  const order = node.ints("perm") ?? [...dims.keys()].reverse();
  const from = (position: readonly number[]): readonly number[] =>
    dims.map((_, axis) => position[order.indexOf(axis)] ?? 0);
  return [
    moved(
      node,
      order.map((axis) => dims[axis]),
      from,
    ),
  ];
};

const concat: TypeRule = (node) => {
  const parts = Array.from({ length: node.inputCount }, (_, i) => node.input(i));
  const known = parts.find((part) => part?.dims !== undefined)?.dims;
  if (known === undefined) return [{ dtype: node.commonDType() }];
  const at = axisIn(node.int("axis", 1), known.length);
  const dims = known.map((_, axis): OpenDim => {
    const sizes = parts.map((part) => part?.dims?.[axis]);
    if (axis !== at)
      return sizes.find((size) => typeof size === "number") ?? sizes.find((size) => size !== undefined);
    return sizes.every((size) => size !== undefined) ? sizes.reduce<Dim>(plus, 0) : undefined;
  });
  const values = elementsOf(dims, (position) => {
    let rest = position[at] ?? 0;
    for (const part of parts) {
      const size = part?.dims?.[at];
      if (part === undefined || typeof size !== "number") return undefined;
      if (rest < size) return elementAt(part, position.with(at, rest));
      rest -= size;
    }
    return undefined;
  });
  return [{ dtype: node.commonDType(), dims, values }];
};

/** Parts of given sizes, or equal ones; the last is smaller where the axis can't be divided. */
const split: TypeRule = (node) => {
  const dims = node.dims(0);
  const count = node.outputCount;
  if (dims === undefined) return new Array<Inferred>(count).fill({ dtype: node.dtype(0) });
  const axis = axisIn(node.int("axis", 0), dims.length);
  const size = dims[axis] ?? 0;
  const given = node.list("split", 1);
  const whole = floorQuotient(plus(size, count - 1), count);
  const equal = Array.from({ length: count }, (_, i) =>
    i < count - 1 ? whole : minus(size, times(whole, count - 1)),
  );
  const parts = given === "unknown" ? undefined : (given ?? equal);
  return Array.from({ length: count }, (_, i) => {
    const before = (parts ?? []).slice(0, i).reduce<Dim>(plus, 0);
    return moved(node, dims.with(axis, parts?.[i] as Dim), (position) =>
      typeof before === "number" ? position.with(axis, (position[axis] ?? 0) + before) : undefined,
    );
  });
};

const expand: TypeRule = (node) => {
  const [dims, rank] = [node.values(1), node.dim(1, 0)];
  const target = dims ?? openDims(rank);
  const sizes = broadcast(node.dims(0), target);
  return [moved(node, sizes, (position) => position)];
};

/** Repeats as an input; before opset 6 a number of tiles and an axis. */
const tile: TypeRule = (node) => {
  const [dims, repeats] = [node.dims(0), node.values(1)];
  if (dims === undefined) return [{ dtype: node.dtype(0) }];
  if (node.opset < 6 || repeats === undefined) return [open(node.dtype(0), dims.length)];
  const sizes = dims.map((dim, axis) => times(dim, repeats[axis] ?? 1));
  return [moved(node, sizes, (position) => position.map((at, axis) => at % Number(dims[axis])))];
};

/** As of opset 2 the counts are `pads`, as of 11 an input, which may be for some axes only. */
const pad: TypeRule = (node) => {
  const dims = node.dims(0);
  if (dims === undefined) return [{ dtype: node.dtype(0) }];
  const pads =
    node.has(1) && node.opset >= 11 ? node.values(1) : (node.ints("pads") ?? node.ints("paddings"));
  const given = node.has(3) ? node.values(3) : [...dims.keys()];
  if (pads === undefined || given === undefined) return [open(node.dtype(0), dims.length)];
  const axes = given.map((axis) => axisIn(Number(axis), dims.length));
  const sizes = dims.map((dim, axis) => {
    const at = axes.indexOf(axis);
    return at < 0 ? dim : plus(dim, plus(pads[at] ?? 0, pads[at + axes.length] ?? 0));
  });
  return [{ dtype: node.dtype(0), dims: sizes }];
};

function blocks(toSpace: boolean): TypeRule {
  return (node) => {
    const [n, c, h, w] = node.dims(0) ?? [];
    const block = node.int("blocksize", 1);
    if (n === undefined || c === undefined || h === undefined || w === undefined)
      return [open(node.dtype(0), 4)];
    const [up, down] = [(dim: Dim) => times(dim, block), (dim: Dim) => floorQuotient(dim, block)];
    const dims = toSpace
      ? [n, floorQuotient(c, block * block), up(h), up(w)]
      : [n, times(c, block * block), down(h), down(w)];
    return [{ dtype: node.dtype(0), dims }];
  };
}

const shape: TypeRule = (node) => {
  const dims = node.dims(0);
  if (dims === undefined) return [open("int64", 1)];
  const asked = dims.slice(node.int("start", 0), node.optionalInt("end"));
  return [{ dtype: "int64", dims: [asked.length], values: asked }];
};

const centerCropPad: TypeRule = (node) => {
  const [dims, target] = [node.dims(0), node.values(1)];
  if (dims === undefined) return [{ dtype: node.dtype(0) }];
  const axes = (node.ints("axes") ?? [...dims.keys()]).map((axis) => axisIn(axis, dims.length));
  const sizes = dims.map((dim, axis): OpenDim => (axes.includes(axis) ? target?.[axes.indexOf(axis)] : dim));
  return [{ dtype: node.dtype(0), dims: sizes }];
};

/**
 * Operators that only move elements: they change the shape, join, cut and repeat. What is known of the elements goes with them.
 *
 * Source: https://onnx.ai/onnx/operators/
 */
export const SHAPES: TypeRules = {
  Reshape: reshape,
  Flatten: flatten,
  Squeeze: squeeze,
  Unsqueeze: unsqueeze,
  Transpose: transpose,
  ...rulesFor("Concat", concat),
  Split: split,
  Slice: slice,
  Expand: expand,
  Tile: tile,
  Pad: pad,
  DepthToSpace: blocks(true),
  SpaceToDepth: blocks(false),
  Shape: shape,
  CenterCropPad: centerCropPad,
};

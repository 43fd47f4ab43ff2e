import { axisIn, elementAt, elementsOf, type OpenDim, open } from "./inferred.js";
import { rulesFor, type TypeRule, type TypeRules } from "./rule.js";

const gather: TypeRule = (node) => {
  const [x, indices] = [node.input(0), node.input(1)];
  if (x?.dims === undefined || indices?.dims === undefined) return [{ dtype: node.dtype(0) }];
  const axis = axisIn(node.int("axis", 0), x.dims.length);
  const dims = x.dims.toSpliced(axis, 1, ...indices.dims);
  const size = x.dims[axis];
  const values = elementsOf(dims, (position) => {
    const at = elementAt(indices, position.slice(axis, axis + (indices.dims?.length ?? 0)));
    if (typeof at !== "number" || typeof size !== "number") return undefined;
    const inner = position.slice(axis + (indices.dims?.length ?? 0));
    return elementAt(x, [...position.slice(0, axis), axisIn(at, size), ...inner]);
  });
  return [{ dtype: x.dtype, dims, values }];
};

/** Indices [..., K] choose the first K axes after the batch. */
const gatherND: TypeRule = (node) => {
  const [x, indices, batch] = [node.dims(0), node.dims(1), node.int("batch_dims", 0)];
  const chosen = indices?.at(-1);
  if (x === undefined || indices === undefined || typeof chosen !== "number")
    return [{ dtype: node.dtype(0) }];
  return [{ dtype: node.dtype(0), dims: [...indices.slice(0, -1), ...x.slice(batch + chosen)] }];
};

/** Off and on value are the third input, whose type the result has. */
const oneHot: TypeRule = (node) => {
  const [indices, depth] = [node.dims(0), node.numbers(1)?.[0]];
  if (indices === undefined) return [{ dtype: node.dtype(2) }];
  const axis = axisIn(node.int("axis", -1), indices.length + 1);
  const size = depth === undefined ? undefined : Math.trunc(depth);
  return [{ dtype: node.dtype(2), dims: ([...indices] as OpenDim[]).toSpliced(axis, 0, size) }];
};

/** How many is an attribute before opset 10. */
const topK: TypeRule = (node) => {
  const dims = node.dims(0);
  const count = node.has(1) ? node.values(1)?.[0] : node.optionalInt("k");
  const axis = dims && axisIn(node.int("axis", -1), dims.length);
  const sizes = dims?.map((dim, i): OpenDim => (i === axis ? count : dim));
  return [
    { dtype: node.dtype(0), dims: sizes },
    { dtype: "int64", dims: sizes },
  ];
};

/** The unique elements, and for them and for the elements of x their positions; how many there are only a run tells. */
const unique: TypeRule = (node) => {
  const [dims, axis] = [node.dims(0), node.optionalInt("axis")];
  const positions = open("int64", 1);
  const y =
    axis === undefined
      ? open(node.dtype(0), 1)
      : {
          dtype: node.dtype(0),
          dims: dims?.map((dim, i) => (i === axisIn(axis, dims.length) ? undefined : dim)),
        };
  return [y, positions, positions, positions];
};

const nonZero: TypeRule = (node) => [
  { dtype: "int64", dims: [node.dims(0)?.length || undefined, undefined] },
];

/** Rows of batch, class and box. */
const nonMaxSuppression: TypeRule = () => [{ dtype: "int64", dims: [undefined, 3] }];

/**
 * Operators that choose elements by indices or by what they are.
 *
 * Source: https://onnx.ai/onnx/operators/
 */
export const SELECTIONS: TypeRules = {
  Gather: gather,
  GatherElements: (node) => [{ dtype: node.dtype(0), dims: node.dims(1) }],
  GatherND: gatherND,
  OneHot: oneHot,
  TopK: topK,
  Unique: unique,
  NonZero: nonZero,
  ...rulesFor("NonMaxSuppression", nonMaxSuppression),
};

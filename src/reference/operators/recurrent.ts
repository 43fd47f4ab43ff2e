import type { Tensor } from "../../ir/tensor.js";
import { refuse } from "../../ir/types.js";
import { type Evaluator, type OperatorNode, tensorOf } from "./node.js";

// Recurrent layers, of sequences that come first, [T, N, I], with the activations that are usual.
// https://onnx.ai/onnx/operators/onnx__LSTM.html, onnx__GRU.html and onnx__RNN.html

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** One direction of a layer. */
interface Cell {
  /** The numbers of gate g of hidden unit j for an image: w · x and r · h, each with its bias. */
  input(x: ArrayLike<number>, from: number, row: number): number;
  hidden(h: ArrayLike<number>, from: number, row: number): number;
}

interface Layer {
  readonly steps: number;
  readonly batch: number;
  readonly size: number;
  readonly x: Tensor;
  readonly directions: readonly Cell[];
}

function layerOf(node: OperatorNode, gates: number): Layer {
  const usual = ["clip", "activations", "activation_alpha", "activation_beta"].find((name) => node.has(name));
  if (usual !== undefined) refuse(`attribute ${usual} is not supported`);
  if (node.number("layout", 0) !== 0) refuse("layout 1 is not supported");
  if (node.optional(4) !== undefined && !isWhole(node))
    refuse("sequences of several lengths are not supported");
  const [x, w, r, b] = [node.input(0), node.input(1), node.input(2), node.optional(3)];
  const [steps = 1, batch = 1, inputs = 1] = x.dims;
  const [count = 1, rows = gates] = w.dims;
  const size = rows / gates;
  const directions = Array.from(
    { length: count },
    (_, d): Cell => ({
      input: (from, start, row) =>
        dot(w.data, (d * rows + row) * inputs, from, start, inputs) + (b?.data[2 * d * rows + row] ?? 0),
      hidden: (from, start, row) =>
        dot(r.data, (d * rows + row) * size, from, start, size) + (b?.data[(2 * d + 1) * rows + row] ?? 0),
    }),
  );
  return { steps, batch, size, x, directions };
}

function isWhole(node: OperatorNode): boolean {
  const steps = node.input(0).dims[0];
  return [...(node.optional(4)?.data ?? [])].every((length) => length === steps);
}

function dot(
  a: ArrayLike<number>,
  startA: number,
  b: ArrayLike<number>,
  startB: number,
  count: number,
): number {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += (a[startA + i] ?? 0) * (b[startB + i] ?? 0);
  return sum;
}

/** Runs a cell over the steps of each direction: Y [T, D, N, H], the last hidden states and the last memories [D, N, H]. */
function unrolled(
  node: OperatorNode,
  { steps, batch, size, x, directions }: Layer,
  next: (
    cell: Cell,
    at: { readonly x: number; readonly h: number },
    j: number,
    h: Float64Array,
    c: Float64Array,
  ) => readonly [h: number, c: number],
): readonly Tensor[] {
  const count = directions.length;
  const inputs = x.dims[2] ?? 1;
  const y = new Float64Array(steps * count * batch * size);
  const lastH = new Float64Array(count * batch * size);
  const lastC = new Float64Array(count * batch * size);
  const isReverse = (d: number): boolean => d === 1 || node.string("direction", "forward") === "reverse";
  directions.forEach((cell, d) => {
    const part = (index: number): Float64Array =>
      Float64Array.from(
        { length: batch * size },
        (_, i) => node.optional(index)?.data[d * batch * size + i] ?? 0,
      );
    let [h, c] = [part(5), part(6)];
    for (let step = 0; step < steps; step++) {
      const t = isReverse(d) ? steps - 1 - step : step;
      const [nextH, nextC] = [new Float64Array(h.length), new Float64Array(h.length)];
      for (let i = 0; i < h.length; i++) {
        const image = Math.floor(i / size);
        const at = { x: (t * batch + image) * inputs, h: image * size };
        [nextH[i], nextC[i]] = next(cell, at, i % size, h, c);
      }
      [h, c] = [nextH, nextC];
      y.set(h, (t * count + d) * batch * size);
    }
    lastH.set(h, d * batch * size);
    lastC.set(c, d * batch * size);
  });
  const last = [count, batch, size];
  return [tensorOf([steps, count, batch, size], y), tensorOf(last, lastH), tensorOf(last, lastC)];
}

const lstm: Evaluator = (node) => {
  if (node.optional(7) !== undefined || node.number("input_forget", 0) !== 0)
    refuse("peepholes and coupled gates are not supported");
  const layer = layerOf(node, 4);
  const { size, x } = layer;
  return unrolled(node, layer, (cell, at, j, h, c) => {
    const [i = 0, o = 0, f = 0, g = 0] = [0, 1, 2, 3].map(
      (gate) => cell.input(x.data, at.x, gate * size + j) + cell.hidden(h, at.h, gate * size + j),
    );
    const memory = sigmoid(f) * (c[at.h + j] ?? 0) + sigmoid(i) * Math.tanh(g);
    return [sigmoid(o) * Math.tanh(memory), memory];
  });
};

const gru: Evaluator = (node) => {
  const isLinearFirst = node.number("linear_before_reset", 0) === 1;
  const layer = layerOf(node, 3);
  const { size, x } = layer;
  let reset = new Float64Array(size);
  return unrolled(node, layer, (cell, at, j, h) => {
    const sum = (gate: number, unit: number): number =>
      cell.input(x.data, at.x, gate * size + unit) + cell.hidden(h, at.h, gate * size + unit);
    // Units of an image come one after the other; where the reset comes first, each reads the states of all, reset.
    if (!isLinearFirst && j === 0)
      reset = reset.map((_, unit) => sigmoid(sum(1, unit)) * (h[at.h + unit] ?? 0));
    const row = 2 * size + j;
    const hidden = isLinearFirst
      ? sigmoid(sum(1, j)) * cell.hidden(h, at.h, row)
      : cell.hidden(reset, 0, row);
    const z = sigmoid(sum(0, j));
    return [(1 - z) * Math.tanh(cell.input(x.data, at.x, row) + hidden) + z * (h[at.h + j] ?? 0), 0];
  }).slice(0, 2);
};

const rnn: Evaluator = (node) => {
  const layer = layerOf(node, 1);
  return unrolled(node, layer, (cell, at, j, h) => [
    Math.tanh(cell.input(layer.x.data, at.x, j) + cell.hidden(h, at.h, j)),
    0,
  ]).slice(0, 2);
};

export const recurrent: Readonly<Record<string, Evaluator>> = { GRU: gru, LSTM: lstm, RNN: rnn };

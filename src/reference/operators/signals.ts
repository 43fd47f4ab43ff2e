import { elementCount, refuse } from "../../ir/types.js";
import { aroundAxis, axisFrom, type Evaluator, type NodeTensor, tensorOf } from "./node.js";

// Fourier transforms of real numbers [… , 1] or complex ones [… , 2]: https://onnx.ai/onnx/operators/onnx__DFT.html and onnx__STFT.html

type Complex = readonly [real: number, imaginary: number];

interface Transform {
  readonly length: number;
  readonly bins: number;
  readonly inverse?: boolean;
  /** Whether a run with the rounding of float32 is to show what that does: to angles of many turns too. */
  readonly rounds: boolean;
}

/** The first `bins` numbers of the transform of `length` samples, by its definition Σ x · e^(∓2πi · n · k / length). */
function transformed(
  sample: (n: number) => Complex,
  { length, bins, inverse = false, rounds }: Transform,
): readonly Complex[] {
  const turn = ((inverse ? 2 : -2) * Math.PI) / length;
  // The angle within one turn: its sine is exact to the last digits.
  const angleOf = (steps: number): number =>
    rounds ? Math.fround(Math.fround(turn) * steps) : turn * (steps % length);
  return Array.from({ length: bins }, (_, k) => {
    let [real, imaginary] = [0, 0];
    for (let n = 0; n < length; n++) {
      const [re, im] = sample(n);
      const angle = angleOf(n * k);
      const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
      real += re * cos - im * sin;
      imaginary += re * sin + im * cos;
    }
    return inverse ? [real / length, imaginary / length] : [real, imaginary];
  });
}

function isRounded({ data }: NodeTensor): boolean {
  return data instanceof Float32Array;
}

function complexAt({ dims, data }: NodeTensor, index: number): Complex {
  return dims.at(-1) === 2 ? [data[2 * index] ?? 0, data[2 * index + 1] ?? 0] : [data[index] ?? 0, 0];
}

const dft: Evaluator = (node) => {
  const x = node.input(0);
  const sizes = x.dims.slice(0, -1);
  const given = node.optional(2)?.data[0] ?? (node.has("axis") ? node.number("axis", 1) : undefined);
  // Opset 20 has another default, which is the same axis of signals [N, L, 1].
  if (given === undefined && sizes.length !== 2) refuse("its axis is missing");
  const axis = axisFrom(given ?? 1, x.dims.length);
  const { outer, size, inner } = aroundAxis(sizes, axis);
  const length = node.optional(1)?.data[0] ?? size;
  const bins = node.number("onesided", 0) === 1 ? Math.floor(length / 2) + 1 : length;
  const transform = { length, bins, inverse: node.number("inverse", 0) === 1, rounds: isRounded(x) };
  const y = new Float64Array(outer * bins * inner * 2);
  for (let row = 0; row < outer * inner; row++) {
    const [before, after] = [Math.floor(row / inner), row % inner];
    const sample = (n: number): Complex =>
      n < size ? complexAt(x, (before * size + n) * inner + after) : [0, 0];
    transformed(sample, transform).forEach((number, k) => {
      y.set(number, 2 * ((before * bins + k) * inner + after));
    });
  }
  return [tensorOf([...sizes.with(axis, bins), 2], y)];
};

/** The transforms of windows that move over a signal [N, L, 1]: [N, windows, bins, 2]. */
const stft: Evaluator = (node) => {
  const x = node.input(0);
  const step = node.input(1).data[0] ?? 1;
  const window = node.optional(2);
  const length = node.optional(3)?.data[0] ?? window?.dims[0] ?? refuse("its window is missing");
  const [images = 1, size = 1] = x.dims;
  if (step < 1 || length > size) refuse(`windows of ${length} at steps of ${step} don't fit in ${size}`);
  const bins = node.number("onesided", 1) === 1 ? Math.floor(length / 2) + 1 : length;
  const windows = Math.floor((size - length) / step) + 1;
  const dims = [images, windows, bins, 2];
  const y = new Float64Array(elementCount(dims));
  for (let row = 0; row < images * windows; row++) {
    const start = Math.floor(row / windows) * size + (row % windows) * step;
    const sample = (n: number): Complex => {
      const [real, imaginary] = complexAt(x, start + n);
      const factor = window?.data[n] ?? 1;
      return [factor * real, factor * imaginary];
    };
    y.set(transformed(sample, { length, bins, rounds: isRounded(x) }).flat(), row * bins * 2);
  }
  return [tensorOf(dims, y)];
};

export const signals: Readonly<Record<string, Evaluator>> = { DFT: dft, STFT: stft };

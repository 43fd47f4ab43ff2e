import { InputError } from "../base/diagnostic.js";
import { roundToFloat16 } from "../base/float16.js";
import { type RandomStream, randomStream } from "../base/random.js";
import type { Graph } from "../ir/graph.js";
import type { Tensor } from "../ir/tensor.js";
import { concreteDims, type Dim, type DType, elementCount } from "../ir/types.js";
import type { WeightExpr } from "../ir/weight.js";
import type { ParameterSource } from "../reference/interpreter.js";
import type { NumberTensor } from "../runtime/tensor.js";
import { materialize } from "../weights/values/materialize.js";

/** What an input is called and its sizes: those that are open are the batch. */
export interface InputShape {
  readonly name: string;
  readonly dims: readonly Dim[];
  /** Its element type; left out, float32. */
  readonly dtype?: string;
  /** The largest number that an input of integers is given. Default: 9. */
  readonly most?: number;
  /** What all of its elements are, or each of them in order, again for each image, instead of random numbers. */
  readonly value?: number | readonly number[];
}

export function inputShapes(graph: Graph): readonly InputShape[] {
  return graph.inputs.map(({ name, type: { dims, dtype } }) => ({ name, dims, dtype }));
}

/** Numbers that an input may have: 1 GiB in float32, about what a message to the process of ONNX Runtime can hold. */
const MOST_NUMBERS = 2 ** 28;

/**
 * Inputs of N(0, 1), or of small whole numbers where they are integers (`drawn`); the same for the same seed. Each image
 * depends on the seed and its index alone. `images` is the batch, from the image `first` on. Inputs without an open batch have their declared sizes: next to
 * some that have one they are the same for all images, else they are others for each lot of `images`. Errors: `InputError` for an input of too
 * many numbers.
 */
export function randomInputs(
  inputs: readonly InputShape[],
  images: number,
  seed: number,
  first = 0,
): ReadonlyMap<string, Tensor> {
  const open = new Set(inputs.flatMap(({ dims: [size] }) => (typeof size === "string" ? [size] : [])));
  const symbols = Object.fromEntries([...open].map((symbol) => [symbol, images]));
  return new Map(
    inputs.map((input) => {
      const { name } = input;
      const dims = concreteDims(input.dims, symbols);
      if (elementCount(dims) > MOST_NUMBERS) {
        const message = `the input ${name} of ${dims.join(" x ")} is more than ${MOST_NUMBERS} numbers`;
        throw InputError.of("run/batch", message, { hint: "take a smaller --batch" });
      }
      const [rows = 1, ...row] = dims;
      const size = elementCount(row);
      const data = new Float64Array(rows * size);
      const { value } = input;
      if (typeof value === "object")
        return [name, { dims, data: data.map((_, i) => value[i % value.length] ?? 0) }];
      const start = rowOf(input, first, images, open.size > 0);
      for (let n = 0; n < rows; n++) {
        draw(
          randomStream(seed, `input:${name}:${start + n}`),
          input,
          data.subarray(n * size, (n + 1) * size),
        );
      }
      return [name, { dims, data }];
    }),
  );
}

/** The number of the first row of an input, which its random numbers follow from. */
function rowOf({ dims: [rows = 1] }: InputShape, first: number, images: number, isOpen: boolean): number {
  if (typeof rows === "string") return first;
  return isOpen ? 0 : Math.floor(first / images) * rows;
}

/** Fills a row of an input with random numbers of its type. */
function draw(stream: RandomStream, input: InputShape, row: Float64Array): void {
  const { dtype = "float32", value } = input;
  const round = ROUNDED_NORMALS[dtype];
  if (round !== undefined && value === undefined) {
    stream.fillNormal(row, 1);
    for (let i = 0; i < row.length; i++) row[i] = round(row[i] as number);
  } else {
    for (let i = 0; i < row.length; i++) row[i] = drawn(stream, input);
  }
}

/** What rounds the numbers of N(0, 1) that an input of a floating-point type has. */
const ROUNDED_NORMALS: Readonly<Record<string, (x: number) => number>> = {
  float64: (x) => x,
  float32: Math.fround,
  float16: roundToFloat16,
};

/** The largest whole number that is drawn: what indexes something of the network seldom goes further. */
const USUAL_MOST = 9;

/**
 * The number that an input is to have, or a random one of a type of whole numbers: bytes are grey values around 128, bits are either, other whole numbers from 1 to 9, such as tokens
 * and lengths.
 */
function drawn(stream: RandomStream, { dtype, most = USUAL_MOST, value }: InputShape): number {
  if (typeof value === "number") return value;
  switch (dtype) {
    case "uint8":
      return Math.min(255, Math.max(0, Math.round(128 + 64 * stream.normal())));
    case "int8":
      return Math.min(127, Math.max(-128, Math.round(64 * stream.normal())));
    case "bool":
      return Math.floor(stream.uniform(0, 2));
    default:
      return most < 1 ? 0 : Math.floor(stream.uniform(1, most + 1));
  }
}

/** Whether an input is of whole numbers that may index something, so that it matters how large they are. */
export function isIndex({ dtype = "float32" }: InputShape): boolean {
  return /^u?int(16|32|64)$/.test(dtype);
}

/** The largest whole numbers that inputs are given, from the usual one on. */
const LARGEST = [USUAL_MOST, 1, 0];

/** The inputs with whole numbers up to each bound in turn: what indexes a table of few rows must not be larger. */
export function boundedInputs(inputs: readonly InputShape[]): readonly (readonly InputShape[])[] {
  if (!inputs.some(isIndex)) return [inputs];
  return LARGEST.map((most) => inputs.map((input) => (isIndex(input) ? { ...input, most } : input)));
}

/**
 * The numbers of each parameter as its file would hold them, in memory that threads can share; made once and kept for all parameters
 * with the same expression, also of other graphs.
 */
export function parameterNumbers(seed: number): ParameterSource {
  const made = new Map<WeightExpr, Map<DType, Tensor>>();
  return (parameter) => {
    const { dims, dtype } = parameter.type;
    const byType = made.get(parameter.data) ?? new Map<DType, Tensor>();
    const known = byType.get(dtype);
    if (known !== undefined) return known;
    const sizes = concreteDims(dims);
    const memory = new Float64Array(new SharedArrayBuffer(8 * elementCount(sizes)));
    const tensor = { dims: sizes, data: materialize(parameter.data, seed, dtype, memory) };
    made.set(parameter.data, byType.set(dtype, tensor));
    return tensor;
  };
}

/** Tensors by the names of a network's inputs, or of its outputs. */
export type Run = ReadonlyMap<string, Tensor>;

/** Inputs whose floating-point numbers are larger or smaller by that part of themselves, by chance. Whole numbers stay, and those that were given. */
export function movedBy(shapes: readonly InputShape[], inputs: Run, part: number, seed: number): Run {
  const kept = shapes.filter(({ dtype, value }) => value !== undefined || (dtype && !isFloat(dtype)));
  const names = new Set(kept.map(({ name }) => name));
  return new Map(
    [...inputs].map(([name, tensor]) => {
      if (names.has(name)) return [name, tensor];
      const { dims, data } = tensor;
      const stream = randomStream(seed, `moved:${name}`);
      return [
        name,
        { dims, data: data.map((x) => Math.fround(x * (1 + (stream.normal() < 0 ? -1 : 1) * part))) },
      ];
    }),
  );
}

/** Whether elements of a type are floating-point numbers. */
export function isFloat(dtype: string): boolean {
  return /^b?float\d/.test(dtype);
}

/** Inputs as ONNX Runtime takes them. */
export function feedsOf(inputs: ReadonlyMap<string, Tensor>): ReadonlyMap<string, NumberTensor> {
  return new Map(
    [...inputs].map(([name, { dims, data }]) => [name, { dims, data: Float64Array.from(data) }]),
  );
}

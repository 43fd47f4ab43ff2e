import { InputError } from "../base/diagnostic.js";
import { randomStream } from "../base/random.js";
import type { Graph, Parameter } from "../ir/graph.js";
import type { Tensor } from "../ir/tensor.js";
import { concreteDims, type Dim, elementCount } from "../ir/types.js";
import type { ParameterSource } from "../reference/interpreter.js";
import type { NumberTensor } from "../runtime/tensor.js";
import { materialize } from "../weights/values/materialize.js";

/** What an input is called and its sizes, the first of which is the batch. */
export interface InputShape {
  readonly name: string;
  readonly dims: readonly Dim[];
  /** Its element type; left out, floating-point numbers. */
  readonly dtype?: string;
}

export function inputShapes(graph: Graph): readonly InputShape[] {
  return graph.inputs.map(({ name, type: { dims, dtype } }) => ({ name, dims, dtype }));
}

/** Numbers that an input may have: 1 GiB in float32, about what a message to the process of ONNX Runtime can hold. */
const MOST_NUMBERS = 2 ** 28;

/**
 * Inputs of N(0, 1), float32 numbers, or of grey values around 128 where they are bytes; the same for the same seed. Each image
 * depends on the seed and its index
 * alone. Open sizes other than the batch become 1. Errors: `InputError` for an input of too many numbers.
 */
export function randomInputs(
  inputs: readonly InputShape[],
  images: number,
  seed: number,
): ReadonlyMap<string, Tensor> {
  return new Map(
    inputs.map(({ name, dims, dtype }) => {
      const [, ...image] = concreteDims(dims);
      const size = elementCount(image);
      if (images * size > MOST_NUMBERS) {
        const message = `the input ${name} of ${images} x ${image.join(" x ")} is more than ${MOST_NUMBERS} numbers`;
        throw InputError.of("run/batch", message, { hint: "take a smaller --batch" });
      }
      const data = new Float64Array(images * size);
      for (let n = 0; n < images; n++) {
        const stream = randomStream(seed, `input:${name}:${n}`);
        for (let i = 0; i < size; i++) data[n * size + i] = drawn(stream.normal(), dtype);
      }
      return [name, { dims: [images, ...image], data }];
    }),
  );
}

function drawn(x: number, dtype: string | undefined): number {
  return dtype === "uint8" ? Math.min(255, Math.max(0, Math.round(128 + 64 * x))) : Math.fround(x);
}

/** The numbers of each parameter as its file would hold them; made once and kept. */
export function parameterNumbers(seed: number): ParameterSource {
  const made = new Map<Parameter, Tensor>();
  return (parameter) => {
    const known = made.get(parameter);
    if (known !== undefined) return known;
    const { dims, dtype } = parameter.type;
    const tensor = { dims: concreteDims(dims), data: materialize(parameter.data, seed, dtype) };
    made.set(parameter, tensor);
    return tensor;
  };
}

/** Tensors by the names of a network's inputs, or of its outputs. */
export type Run = ReadonlyMap<string, Tensor>;

/** Some images of a batch of inputs: the `index`th lot of `count`. */
export function imageOf(inputs: Run, index: number, count = 1): Run {
  return new Map([...inputs].map(([name, tensor]) => [name, itemOf(tensor, index, count)]));
}

export function itemOf({ dims, data }: Tensor, index: number, count = 1): Tensor {
  const [, ...rest] = dims;
  const size = count * elementCount(rest);
  return { dims: [count, ...rest], data: data.subarray(index * size, (index + 1) * size) };
}

/** Inputs whose numbers are larger or smaller by that part of themselves, by chance. */
export function movedBy(inputs: Run, part: number, seed: number): Run {
  return new Map(
    [...inputs].map(([name, { dims, data }]) => {
      const stream = randomStream(seed, `moved:${name}`);
      return [
        name,
        { dims, data: data.map((x) => Math.fround(x * (1 + (stream.normal() < 0 ? -1 : 1) * part))) },
      ];
    }),
  );
}

/** Inputs as ONNX Runtime takes them. */
export function feedsOf(inputs: ReadonlyMap<string, Tensor>): ReadonlyMap<string, NumberTensor> {
  return new Map(
    [...inputs].map(([name, { dims, data }]) => [name, { dims, data: Float32Array.from(data) }]),
  );
}

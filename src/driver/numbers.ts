import { InputError } from "../base/diagnostic.js";
import { randomStream } from "../base/random.js";
import type { Graph, Parameter } from "../ir/graph.js";
import type { Tensor } from "../ir/tensor.js";
import { concreteDims, type Dim, elementCount } from "../ir/types.js";
import type { ParameterSource } from "../reference/interpreter.js";
import { materialize } from "../weights/materialize.js";

/** What an input is called and its sizes, the first of which is the batch. */
export interface InputShape {
  readonly name: string;
  readonly dims: readonly Dim[];
}

export function inputShapes(graph: Graph): readonly InputShape[] {
  return graph.inputs.map(({ name, type }) => ({ name, dims: type.dims }));
}

/** Numbers that an input may have: 1 GiB in float32, about what a message to the process of ONNX Runtime can hold. */
const MOST_NUMBERS = 2 ** 28;

/**
 * Inputs of N(0, 1), float32 numbers, the same for the same seed. Each image depends on the seed and its place
 * alone. Open sizes other than the batch become 1. Errors: `InputError` for an input of too many numbers.
 */
export function randomInputs(
  inputs: readonly InputShape[],
  images: number,
  seed: number,
): ReadonlyMap<string, Tensor> {
  return new Map(
    inputs.map(({ name, dims }) => {
      const [, ...image] = concreteDims(dims);
      const size = elementCount(image);
      if (images * size > MOST_NUMBERS) {
        const message = `the input ${name} of ${images} x ${image.join(" x ")} is more than ${MOST_NUMBERS} numbers`;
        throw InputError.of("run/batch", message, { hint: "take a smaller --batch" });
      }
      const data = new Float64Array(images * size);
      for (let n = 0; n < images; n++) {
        const stream = randomStream(seed, `input:${name}:${n}`);
        for (let i = 0; i < size; i++) data[n * size + i] = Math.fround(stream.normal());
      }
      return [name, { dims: [images, ...image], data }];
    }),
  );
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

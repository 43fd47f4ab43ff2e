import { randomStream } from "../base/random.js";
import type { Graph, Parameter } from "../ir/graph.js";
import type { Tensor } from "../ir/tensor.js";
import { concreteDims, elementCount } from "../ir/types.js";
import type { ParameterSource } from "../reference/interpreter.js";
import { materialize } from "../weights/materialize.js";

/** Inputs of N(0, 1), float32 numbers, the same for the same seed. Each image depends on the seed and its place alone. */
export function randomInputs(graph: Graph, images: number, seed: number): ReadonlyMap<string, Tensor> {
  return new Map(
    graph.inputs.map((input) => {
      const [, ...image] = concreteDims(input.type.dims);
      const size = elementCount(image);
      const data = new Float64Array(images * size);
      for (let n = 0; n < images; n++) {
        const stream = randomStream(seed, `input:${input.name}:${n}`);
        for (let i = 0; i < size; i++) data[n * size + i] = Math.fround(stream.normal());
      }
      return [input.name, { dims: [images, ...image], data }];
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

import type { Dim } from "../../ir/types.js";
import type { FloatTensor } from "../../runtime/tensor.js";
import { type InputShape, randomInputs } from "../numbers.js";

/** The height and width of images where the file leaves them open: two pixels are left after five strides of 2. */
const OPEN_SIDE = 64;

/**
 * Random numbers for each input of somebody's file, whose sizes need not begin with a batch: those that are fixed stay,
 * the first open one of the first axes is the batch, and open heights and widths are such that a squeeze has something to
 * squeeze.
 */
export function randomFeeds(inputs: readonly InputShape[], batch: number): ReadonlyMap<string, FloatTensor> {
  const symbols = new Map<string, number>();
  for (const { dims } of inputs) if (typeof dims[0] === "string") symbols.set(dims[0], batch);
  const sized = (dims: readonly Dim[]): readonly number[] =>
    dims.map((dim) => {
      if (typeof dim === "number") return dim;
      return symbols.get(dim) ?? (dims.length === 4 ? OPEN_SIDE : 1);
    });
  return new Map(
    inputs.map(({ name, dims }) => {
      const size = sized(dims);
      // A number alone is an item of a batch of one.
      const [items = 1, ...item] = size;
      const made = randomInputs([{ name, dims: [items, ...item] }], items, 0).get(name);
      return [name, { dims: [...size], data: Float32Array.from(made?.data ?? []) }];
    }),
  );
}

import type { Dim } from "../ir/types.js";
import { type InputShape, type Run, randomInputs } from "./numbers.js";

/**
 * Random numbers for each input of somebody's file, whose sizes need not begin with a batch: those that are fixed stay,
 * an open first one is the batch, and other open ones become 1. Heights and widths are none of these: they have been
 * assumed.
 */
export function randomFeeds(inputs: readonly InputShape[], batch: number): Run {
  const symbols = new Map<string, number>();
  for (const { dims } of inputs) if (typeof dims[0] === "string") symbols.set(dims[0], batch);
  const sized = (dims: readonly Dim[]): readonly number[] =>
    dims.map((dim) => {
      if (typeof dim === "number") return dim;
      return symbols.get(dim) ?? 1;
    });
  return new Map(
    inputs.map(({ name, dims, dtype = "float32" }) => {
      const size = sized(dims);
      // A number alone is an item of a batch of one.
      const [items = 1, ...item] = size;
      const made = randomInputs([{ name, dims: [items, ...item], dtype }], items, 0).get(name);
      return [name, { dims: [...size], data: made?.data ?? new Float64Array() }];
    }),
  );
}

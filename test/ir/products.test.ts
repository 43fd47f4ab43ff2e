import { suite } from "uvu";
import * as assert from "uvu/assert";
import { productWriter } from "../../src/ir/ops/products.js";

const test = suite("sums of products");

/** Numbers of many sizes, so that another order of a sum is another number. */
function numbersOf(length: number, seed: number): Float64Array {
  return Float64Array.from({ length }, (_, i) => Math.sin(seed + 7 * i) * 2 ** ((5 * i) % 11));
}

const identity = (x: number): number => x;

/** The definition, one product after the other; float32 is rounded after fours of a run and after what is left of it. */
function plainSum(start: number, products: readonly number[], run: number, round: typeof identity): number {
  let sum = start;
  for (let first = 0; first < products.length; first += run) {
    const part = products.slice(first, first + run);
    const fours = part.length - (part.length % 4);
    part.forEach((product, i) => {
      sum += product;
      if (i >= fours || i % 4 === 3) sum = round(sum);
    });
  }
  return sum;
}

const SHAPES = [
  { rows: 1, places: 1, runs: 1, run: 1 },
  { rows: 1, places: 7, runs: 9, run: 1 },
  { rows: 1, places: 6, runs: 4, run: 5 },
  { rows: 2, places: 4, runs: 1, run: 8 },
  { rows: 5, places: 9, runs: 9, run: 3 },
  { rows: 3, places: 49, runs: 9, run: 6 },
  // More numbers than are brought together at a time.
  { rows: 3, places: 21, runs: 1, run: 5000 },
];

for (const shape of SHAPES) {
  for (const [name, array, round] of [
    ["float64", Float64Array, identity],
    ["float32", Float32Array, Math.fround],
  ] as const) {
    test(`are those of the definition, bit by bit: ${JSON.stringify(shape)} in ${name}`, () => {
      const { rows, run } = shape;
      const terms = shape.runs * run;
      const places = Int32Array.from({ length: shape.places }, (_, p) => 3 * p);
      const offsets = Int32Array.from({ length: terms }, (_, k) => (k * 5) % (terms + 2));
      const numbers = numbersOf(3 * shape.places + terms + 2, 1).map(round);
      const weights = numbersOf(rows * terms, 2).map(round);
      const starts = numbersOf(rows, 3).map(round);
      const y = new array(rows * shape.places + 2).fill(-1);
      const write = productWriter({ places, offsets, run }, rows, y);
      // The second time nothing is left of the first.
      for (const sign of [-1, 1])
        write({ numbers: numbers.map((x) => sign * x), weights, start: (row) => starts[row] ?? 0, at: 1 });
      const expected = Array.from({ length: rows * shape.places }, (_, i) => {
        const [row, place] = [Math.floor(i / shape.places), places[i % shape.places] ?? 0];
        const products = Array.from(
          offsets,
          (offset, k) => (weights[row * terms + k] ?? 0) * (numbers[place + offset] ?? 0),
        );
        return plainSum(starts[row] ?? 0, products, run, round);
      });
      assert.equal([...y], [-1, ...expected, -1]);
    });
  }
}

test.run();

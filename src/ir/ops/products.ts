import type { Numbers } from "../tensor.js";
import { copy } from "./float64-loop.js";
import { productKernels } from "./product-kernels.js";

/**
 * Sums of products that share their numbers: result[row, p] = start(row) + Σₖ weights[row, k] · numbers[places[p] + offsets[k]],
 * summed in the order of k. All the work of convolutions and matrix products is here.
 */
export interface ProductIndexes {
  /** Where the numbers of each result lie: p … */
  readonly places: Int32Array;
  /** … and k. */
  readonly offsets: Int32Array;
  /** A sum in float32 is rounded after each four of so many products, and after each of those that are left of them. */
  readonly run: number;
}

interface Products {
  readonly numbers: Float64Array;
  /** [rows, k] */
  readonly weights: Float64Array;
  /** What the sums of each row begin with. */
  readonly start: (row: number) => number;
  /** Where the results are written, row by row. */
  readonly at: number;
}

/** What is the same for all products of a writer. */
interface Shared {
  readonly rows: number;
  readonly terms: number;
  /** How many results a row has. */
  readonly count: number;
  /** Of these and as many more of the last as make fours. */
  readonly places: Int32Array;
  readonly offsets: Int32Array;
  /** After how many bytes of weights a run of terms ends that are rounded by fours. */
  readonly stops: Int32Array;
  readonly rounds: number;
  readonly y: Numbers;
}

/** What writes results of `rows` rows to `y`; they are computed in float32 if `y` is that. */
export function productWriter(
  { places, offsets, run }: ProductIndexes,
  rows: number,
  y: Numbers,
): (products: Products) => void {
  const terms = offsets.length;
  const rounds = y instanceof Float32Array ? 1 : 0;
  const runs = rounds ? Math.ceil(terms / run) : 1;
  const stops = Int32Array.from({ length: runs }, (_, i) => 8 * (i + 1 < runs ? (i + 1) * run : terms));
  const shared = { ...{ rows, terms, count: places.length, offsets, stops, rounds, y } };
  const all: Shared = { ...shared, places: inFours(places) };
  // What one row reads of a single map need not be brought together.
  return rows === 1 && run === 1 ? rowWriter(all) : (products) => writeRows(all, products);
}

/** As many places as the next multiple of four, the last of them several times. */
function inFours(places: Int32Array): Int32Array {
  const all = new Int32Array(4 * Math.ceil(places.length / 4)).fill(places.at(-1) ?? 0);
  all.set(places);
  return all;
}

/** Parts of the memory of the kernels, each after the other, for as long as no other parts are taken. */
class Workspace {
  readonly kernels = productKernels();
  #end = 0;

  /** Makes room for so many numbers in all. */
  constructor(numbers: number) {
    const { memory } = this.kernels;
    const missing = 8 * numbers + SLACK - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / PAGE));
  }

  numbers(length: number): Float64Array {
    return new Float64Array(this.kernels.memory.buffer, this.#take(8 * length), length);
  }

  indexes(from: Int32Array): Int32Array {
    const indexes = new Int32Array(this.kernels.memory.buffer, this.#take(4 * from.length), from.length);
    indexes.set(from);
    return indexes;
  }

  #take(bytes: number): number {
    const start = this.#end;
    this.#end += Math.ceil(bytes / 32) * 32;
    return start;
  }
}

const PAGE = 2 ** 16;

/** What lies between the parts, at most. */
const SLACK = 512;

function endOf({ byteOffset, byteLength }: Int32Array | Float64Array): number {
  return byteOffset + byteLength;
}

/** Numbers that are brought together at a time, and weights that are at hand: what a processor holds near, and next to it. */
const PANEL_NUMBERS = 2 ** 16;
const WEIGHT_NUMBERS = 2 ** 20;

/**
 * The numbers of some places are brought together once, four places at a time: [places / 4, k, 4]. All rows read them, as
 * many as have their weights at hand.
 */
function writeRows(all: Shared, { numbers, weights, start, at }: Products): void {
  const { rows, terms, count, places, offsets, stops, rounds, y } = all;
  const width = Math.min(places.length, 4 * Math.max(1, Math.floor(PANEL_NUMBERS / terms / 4)));
  const most = Math.min(rows, Math.max(2, Math.floor(WEIGHT_NUMBERS / terms)));
  const space = new Workspace(width * terms + most * (terms + width) + stops.length);
  const panel = space.numbers(width * terms);
  const near = space.numbers(most * terms);
  const sums = space.numbers(most * width);
  const ends = space.indexes(stops);
  for (let top = 0; top < rows; top += most) {
    const some = Math.min(most, rows - top);
    near.set(weights.subarray(top * terms, (top + some) * terms));
    for (let first = 0; first < places.length; first += width) {
      const block = places.subarray(first, first + width);
      fillPanel(panel, numbers, block, offsets);
      for (let row = 0; row < some; row++) {
        sums.fill(start(top + row), row * width, row * width + block.length);
      }
      for (let row = 0; row < some; ) {
        const left = some - row;
        // One that is left alone is its own next row.
        const next = left > 1 ? 8 : 0;
        const from = sums.byteOffset + 8 * row * width;
        const kernel = left >= 4 ? space.kernels.addFourRows : space.kernels.addTwoRows;
        kernel(
          ...[from, from + 8 * block.length, next * width, panel.byteOffset],
          ...[near.byteOffset + 8 * row * terms, next * terms, ends.byteOffset, endOf(ends), rounds],
        );
        row += left >= 4 ? 4 : 2;
      }
      const written = Math.min(block.length, count - first);
      for (let row = 0; row < some; row++) {
        copy(sums, row * width, y, at + (top + row) * count + first, written);
      }
    }
  }
}

function fillPanel(
  panel: Float64Array,
  numbers: Float64Array,
  places: Int32Array,
  offsets: Int32Array,
): void {
  let to = 0;
  for (let p = 0; p < places.length; p += 4) {
    const p0 = places[p] as number;
    const p1 = places[p + 1] as number;
    const p2 = places[p + 2] as number;
    const p3 = places[p + 3] as number;
    for (let k = 0; k < offsets.length; k++) {
      const offset = offsets[k] as number;
      panel[to] = numbers[p0 + offset] as number;
      panel[to + 1] = numbers[p1 + offset] as number;
      panel[to + 2] = numbers[p2 + offset] as number;
      panel[to + 3] = numbers[p3 + offset] as number;
      to += 4;
    }
  }
}

/** The products of single rows, whose numbers are read where they are. */
function rowWriter(all: Shared): (products: Products) => void {
  const { terms, count, stops, rounds, y } = all;
  const [places, offsets] = [all.places, all.offsets].map((each) => each.map((index) => 8 * index)) as [
    Int32Array,
    Int32Array,
  ];
  return ({ numbers, weights, start, at }) => {
    const space = new Workspace(2 * places.length + 3 * terms + numbers.length);
    const near = space.numbers(numbers.length);
    const factors = space.numbers(terms);
    const sums = space.numbers(places.length);
    const ends = space.indexes(stops);
    near.set(numbers);
    factors.set(weights);
    sums.fill(start(0));
    space.kernels.addRow(
      ...[sums.byteOffset, endOf(sums), near.byteOffset, space.indexes(places).byteOffset],
      ...[space.indexes(offsets).byteOffset, factors.byteOffset, ends.byteOffset, endOf(ends), rounds],
    );
    copy(sums, 0, y, at, count);
  };
}

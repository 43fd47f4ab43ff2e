import type { Numbers } from "../tensor.js";

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

/** Sums that have begun, of places by fours. */
interface Sums {
  /** [rows, places] */
  readonly sums: Float64Array;
  readonly rows: number;
  readonly places: Int32Array;
  readonly offsets: Int32Array;
  readonly panel: Float64Array;
  /** After how many terms the sums are rounded, if they are, and go on. */
  readonly stops: Int32Array;
  readonly rounds: boolean;
}

/** What writes results of `rows` rows to `y`; they are computed in float32 if `y` is that. */
export function productWriter(
  { places: given, offsets, run }: ProductIndexes,
  rows: number,
  y: Numbers,
): (products: Products) => void {
  const places = inFours(given);
  const terms = offsets.length;
  const rounds = y instanceof Float32Array;
  const stops = rounds ? roundedAfter(terms, run) : Int32Array.of(terms);
  const sums = new Float64Array(rows * places.length);
  const panel = rows === 1 ? sums : newPanel(places.length, terms);
  const all = { sums, rows, places, offsets, panel, stops, rounds };
  return ({ start, at, numbers, weights }) => {
    for (let row = 0; row < rows; row++) {
      sums.fill(start(row), row * places.length, (row + 1) * places.length);
    }
    if (rows === 1) addRow(all, numbers, weights);
    else addRows(all, numbers, weights);
    for (let row = 0; row < rows; row++) {
      const first = row * places.length;
      y.set(sums.subarray(first, first + given.length), at + row * given.length);
    }
  };
}

/** Numbers that are brought together at a time: what a processor holds near. */
const PANEL_NUMBERS = 2 ** 15;

function newPanel(places: number, terms: number): Float64Array {
  const width = 4 * Math.max(1, Math.floor(PANEL_NUMBERS / terms / 4));
  return new Float64Array(Math.min(places, width) * terms);
}

/** As many places as the next multiple of four, the last of them several times. */
function inFours(places: Int32Array): Int32Array {
  const all = new Int32Array(4 * Math.ceil(places.length / 4)).fill(places.at(-1) ?? 0);
  all.set(places);
  return all;
}

function roundedAfter(terms: number, run: number): Int32Array {
  const stops: number[] = [];
  for (let start = 0; start < terms; start += run) {
    const fours = start + run - (run % 4);
    for (let k = start + 4; k <= fours; k += 4) stops.push(k);
    for (let k = fours + 1; k <= start + run; k++) stops.push(k);
  }
  return Int32Array.from(stops);
}

/** The numbers of some places are brought together once, four places at a time: [places / 4, k, 4]. All rows read them. */
function addRows(all: Sums, numbers: Float64Array, weights: Float64Array): void {
  const { places, offsets, panel, rows } = all;
  const width = panel.length / offsets.length;
  for (let first = 0; first < places.length; first += width) {
    const block = places.subarray(first, first + width);
    fillPanel(panel, numbers, block, offsets);
    for (let row = 0; row < rows; row += 2) addTwoRows(all, weights, row, first, block.length);
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

/** Adds a row's products, and those of the next one, at `count` places from the place `first` on: 2 × 4 sums at a time. */
function addTwoRows(all: Sums, weights: Float64Array, row: number, first: number, count: number): void {
  const { sums, panel, stops, rounds } = all;
  const terms = all.offsets.length;
  // The last of an odd number of rows is its own next one.
  const next = row + 1 < all.rows ? 1 : 0;
  const below = next * all.places.length;
  const nextWeights = next * terms;
  let from = 0;
  const start = row * all.places.length + first;
  for (let at = start; at < start + count; at += 4) {
    let a0 = sums[at] as number;
    let a1 = sums[at + 1] as number;
    let a2 = sums[at + 2] as number;
    let a3 = sums[at + 3] as number;
    let b0 = sums[at + below] as number;
    let b1 = sums[at + below + 1] as number;
    let b2 = sums[at + below + 2] as number;
    let b3 = sums[at + below + 3] as number;
    const firstWeight = row * terms;
    let weight = firstWeight;
    for (let s = 0; s < stops.length; s++) {
      for (const stop = firstWeight + (stops[s] as number); weight < stop; weight++) {
        const a = weights[weight] as number;
        const b = weights[weight + nextWeights] as number;
        const x0 = panel[from] as number;
        const x1 = panel[from + 1] as number;
        const x2 = panel[from + 2] as number;
        const x3 = panel[from + 3] as number;
        from += 4;
        a0 += a * x0;
        a1 += a * x1;
        a2 += a * x2;
        a3 += a * x3;
        b0 += b * x0;
        b1 += b * x1;
        b2 += b * x2;
        b3 += b * x3;
      }
      if (rounds) {
        a0 = Math.fround(a0);
        a1 = Math.fround(a1);
        a2 = Math.fround(a2);
        a3 = Math.fround(a3);
        b0 = Math.fround(b0);
        b1 = Math.fround(b1);
        b2 = Math.fround(b2);
        b3 = Math.fround(b3);
      }
    }
    sums[at] = a0;
    sums[at + 1] = a1;
    sums[at + 2] = a2;
    sums[at + 3] = a3;
    sums[at + below] = b0;
    sums[at + below + 1] = b1;
    sums[at + below + 2] = b2;
    sums[at + below + 3] = b3;
  }
}

/** Adds the products of a single row, whose numbers are read once: they stay where they are. */
function addRow(all: Sums, numbers: Float64Array, weights: Float64Array): void {
  const { sums, places, offsets, stops, rounds } = all;
  for (let at = 0; at < places.length; at += 4) {
    const p0 = places[at] as number;
    const p1 = places[at + 1] as number;
    const p2 = places[at + 2] as number;
    const p3 = places[at + 3] as number;
    let a0 = sums[at] as number;
    let a1 = sums[at + 1] as number;
    let a2 = sums[at + 2] as number;
    let a3 = sums[at + 3] as number;
    let k = 0;
    for (let s = 0; s < stops.length; s++) {
      for (const stop = stops[s] as number; k < stop; k++) {
        const offset = offsets[k] as number;
        const a = weights[k] as number;
        a0 += a * (numbers[p0 + offset] as number);
        a1 += a * (numbers[p1 + offset] as number);
        a2 += a * (numbers[p2 + offset] as number);
        a3 += a * (numbers[p3 + offset] as number);
      }
      if (rounds) {
        a0 = Math.fround(a0);
        a1 = Math.fround(a1);
        a2 = Math.fround(a2);
        a3 = Math.fround(a3);
      }
    }
    sums[at] = a0;
    sums[at + 1] = a1;
    sums[at + 2] = a2;
    sums[at + 3] = a3;
  }
}

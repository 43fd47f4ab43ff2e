import {
  f64x2,
  i32,
  instantiate,
  repeat,
  type WasmMemory,
  wasmFunction,
  wasmModule,
  when,
} from "../../base/wasm.js";

/*
 * The inner loops of sums of products, in WebAssembly: four places at a time, two by two in the halves of v128. All parameters are addresses
 * in bytes, or numbers of bytes. `stops` … `stopsEnd`: after how many bytes of weights the sums are rounded to float32 if `rounds`
 * is 1, in order; the last is the end.
 */

const NEXT_PAIR = 16;
const FOUR_NUMBERS = 32;

/**
 * Adds to the sums of a row from `sums` to `sumsEnd`, and to those of another row that are `otherSums` further, the products of the
 * numbers at `panel`, by four places, with the weights at `weights` and those that are `otherWeights` further.
 */
const addTwoRows = wasmFunction(
  "addTwoRows",
  ["sums", "sumsEnd", "otherSums", "panel", "weights", "otherWeights", "stops", "stopsEnd", "rounds"],
  { i32: ["weight", "stop", "end"], v128: ["a0", "a1", "b0", "b1", "x0", "x1", "factor"] },
  (at) => {
    const all = [at.a0, at.a1, at.b0, at.b1];
    const below = i32.add(at.sums.get, at.otherSums.get);
    const plus = (sum: typeof at.a0, x: typeof at.x0) =>
      sum.set(f64x2.add(sum.get, f64x2.mul(at.factor.get, x.get)));
    const oneTerm = [
      at.x0.set(f64x2.load(at.panel.get)),
      at.x1.set(f64x2.load(at.panel.get, NEXT_PAIR)),
      at.factor.set(f64x2.twice(at.weight.get)),
      ...[plus(at.a0, at.x0), plus(at.a1, at.x1)],
      at.factor.set(f64x2.twice(i32.add(at.weight.get, at.otherWeights.get))),
      ...[plus(at.b0, at.x0), plus(at.b1, at.x1)],
      at.panel.set(i32.add(at.panel.get, i32.of(FOUR_NUMBERS))),
      at.weight.set(i32.add(at.weight.get, i32.of(8))),
    ];
    const fourPlaces = [
      at.a0.set(f64x2.load(at.sums.get)),
      at.a1.set(f64x2.load(at.sums.get, NEXT_PAIR)),
      at.b0.set(f64x2.load(below)),
      at.b1.set(f64x2.load(below, NEXT_PAIR)),
      ...allTerms(at, oneTerm, all),
      f64x2.store(at.sums.get, at.a0.get),
      f64x2.store(at.sums.get, at.a1.get, NEXT_PAIR),
      f64x2.store(below, at.b0.get),
      f64x2.store(below, at.b1.get, NEXT_PAIR),
      at.sums.set(i32.add(at.sums.get, i32.of(FOUR_NUMBERS))),
    ];
    return [repeat(fourPlaces, i32.isLess(at.sums.get, at.sumsEnd.get))];
  },
);

/**
 * Adds to the sums from `sums` to `sumsEnd` the products of the weights with the numbers where they are: each place of
 * `places`, and each of `offsets` from there, one offset for each weight.
 */
const addRow = wasmFunction(
  "addRow",
  ["sums", "sumsEnd", "numbers", "places", "offsets", "weights", "stops", "stopsEnd", "rounds"],
  {
    i32: ["weight", "stop", "end", "offset", "from", "p0", "p1", "p2", "p3"],
    v128: ["a0", "a1", "factor"],
  },
  (at) => {
    const all = [at.a0, at.a1];
    const number = (place: typeof at.p0) => i32.add(place.get, at.from.get);
    const plus = (sum: typeof at.a0, first: typeof at.p0, second: typeof at.p0) =>
      sum.set(f64x2.add(sum.get, f64x2.mul(at.factor.get, f64x2.pair(number(first), number(second)))));
    const oneTerm = [
      at.from.set(i32.load(at.offset.get)),
      at.factor.set(f64x2.twice(at.weight.get)),
      ...[plus(at.a0, at.p0, at.p1), plus(at.a1, at.p2, at.p3)],
      at.offset.set(i32.add(at.offset.get, i32.of(4))),
      at.weight.set(i32.add(at.weight.get, i32.of(8))),
    ];
    const fourPlaces = [
      ...[at.p0, at.p1, at.p2, at.p3].map((place, i) =>
        place.set(i32.add(at.numbers.get, i32.load(at.places.get, 4 * i))),
      ),
      at.offset.set(at.offsets.get),
      at.a0.set(f64x2.load(at.sums.get)),
      at.a1.set(f64x2.load(at.sums.get, NEXT_PAIR)),
      ...allTerms(at, oneTerm, all),
      f64x2.store(at.sums.get, at.a0.get),
      f64x2.store(at.sums.get, at.a1.get, NEXT_PAIR),
      at.places.set(i32.add(at.places.get, i32.of(16))),
      at.sums.set(i32.add(at.sums.get, i32.of(FOUR_NUMBERS))),
    ];
    return [repeat(fourPlaces, i32.isLess(at.sums.get, at.sumsEnd.get))];
  },
);

type Code = readonly number[];
interface Variable {
  readonly get: Code;
  set(value: Code): Code;
}

/** All terms of some sums, with a stop after so many. */
function allTerms(
  at: { readonly [N in "weight" | "weights" | "stop" | "stops" | "stopsEnd" | "end" | "rounds"]: Variable },
  oneTerm: readonly Code[],
  sums: readonly Variable[],
): readonly Code[] {
  const untilStop = [
    at.end.set(i32.add(at.weights.get, i32.load(at.stop.get))),
    repeat(oneTerm, i32.isLess(at.weight.get, at.end.get)),
    when(
      at.rounds.get,
      sums.map((sum) => sum.set(f64x2.rounded(sum.get))),
    ),
    at.stop.set(i32.add(at.stop.get, i32.of(4))),
  ];
  return [
    at.weight.set(at.weights.get),
    at.stop.set(at.stops.get),
    repeat(untilStop, i32.isLess(at.stop.get, at.stopsEnd.get)),
  ];
}

type Kernel = (...addresses: readonly number[]) => void;

interface Kernels {
  readonly addTwoRows: Kernel;
  readonly addRow: Kernel;
  readonly memory: WasmMemory;
}

let kernels: Kernels | undefined;

/** The loops, which are compiled when they are first needed. */
export function productKernels(): Kernels {
  kernels ??= instantiate(wasmModule([addTwoRows, addRow]));
  return kernels;
}

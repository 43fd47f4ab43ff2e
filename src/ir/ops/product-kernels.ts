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
 * in bytes, or numbers of bytes. `stops` … `stopsEnd`: after how many bytes of weights a run of terms ends, in order; the last is the end. The
 * sums are rounded to float32 if `rounds` is 1: after each four terms of a run, and after each of those that are left of it.
 */

const NEXT_PAIR = 16;
const FOUR_NUMBERS = 32;

/** Rows that a kernel adds to at once: as many as keep their sums in the registers of a processor, and one or two that are left. */
const ROWS_AT_ONCE = { addFourRows: 4, addTwoRows: 2 } as const;

/**
 * Adds to the sums of a row from `sums` to `sumsEnd`, and to those of the rows below it, each `sumsStride` further, the products of the
 * numbers at `panel`, by four places, with the weights at `weights`, those of the next row `weightsStride` further.
 */
const addRows = (name: keyof typeof ROWS_AT_ONCE) =>
  wasmFunction(
    name,
    [
      ...(["sums", "sumsEnd", "sumsStride", "panel", "weights", "weightsStride"] as const),
      ...(["stops", "stopsEnd", "rounds"] as const),
    ],
    {
      i32: ["weight", "stop", "end", "ra", "rb", "rc", "rd"],
      v128: ["a0", "a1", "b0", "b1", "c0", "c1", "d0", "d1", "x0", "x1", "factor"],
    },
    (at) => {
      const all = [
        { from: at.ra, first: at.a0, second: at.a1 },
        { from: at.rb, first: at.b0, second: at.b1 },
        { from: at.rc, first: at.c0, second: at.c1 },
        { from: at.rd, first: at.d0, second: at.d1 },
      ];
      const rows = all.slice(0, ROWS_AT_ONCE[name]);
      /** Where each row begins, in its `from`. */
      const begin = (start: Code, stride: Code) =>
        rows.map(({ from }, i) =>
          from.set(i === 0 ? start : i32.add(rows[i - 1]?.from.get ?? start, stride)),
        );
      const plus = (sum: typeof at.a0, x: typeof at.x0) =>
        sum.set(f64x2.add(sum.get, f64x2.mul(at.factor.get, x.get)));
      const terms = (count: number) => [
        ...begin(at.weight.get, at.weightsStride.get),
        ...Array.from({ length: count }, (_, term) => [
          at.x0.set(f64x2.load(at.panel.get, term * FOUR_NUMBERS)),
          at.x1.set(f64x2.load(at.panel.get, term * FOUR_NUMBERS + NEXT_PAIR)),
          ...rows.flatMap(({ from, first, second }) => [
            at.factor.set(f64x2.twice(from.get, 8 * term)),
            ...[plus(first, at.x0), plus(second, at.x1)],
          ]),
        ]).flat(),
        at.panel.set(i32.add(at.panel.get, i32.of(count * FOUR_NUMBERS))),
        at.weight.set(i32.add(at.weight.get, i32.of(count * 8))),
      ];
      const fourPlaces = [
        ...begin(at.sums.get, at.sumsStride.get),
        ...rows.flatMap(({ from, first, second }) => [
          first.set(f64x2.load(from.get)),
          second.set(f64x2.load(from.get, NEXT_PAIR)),
        ]),
        ...allTerms(
          at,
          terms,
          rows.flatMap(({ first, second }) => [first, second]),
        ),
        ...begin(at.sums.get, at.sumsStride.get),
        ...rows.flatMap(({ from, first, second }) => [
          f64x2.store(from.get, first.get),
          f64x2.store(from.get, second.get, NEXT_PAIR),
        ]),
        at.sums.set(i32.add(at.sums.get, i32.of(FOUR_NUMBERS))),
      ];
      return [repeat(fourPlaces, i32.isLess(at.sums.get, at.sumsEnd.get))];
    },
  );

/**
 * Adds to the sums from `sums` to `sumsEnd` the products of the weights with the numbers where they are: each place of
 * `places`, and each of `offsets` from there, one offset for each weight.
 */
const addRow = () =>
  wasmFunction(
    "addRow",
    ["sums", "sumsEnd", "numbers", "places", "offsets", "weights", "stops", "stopsEnd", "rounds"],
    {
      i32: ["weight", "stop", "end", "offset", "from", "p0", "p1", "p2", "p3"],
      v128: ["a0", "a1", "factor"],
    },
    (at) => {
      const number = (place: typeof at.p0) => i32.add(place.get, at.from.get);
      const plus = (sum: typeof at.a0, first: typeof at.p0, second: typeof at.p0) =>
        sum.set(f64x2.add(sum.get, f64x2.mul(at.factor.get, f64x2.pair(number(first), number(second)))));
      const terms = (count: number) => [
        ...Array.from({ length: count }, (_, term) => [
          at.from.set(i32.load(at.offset.get, 4 * term)),
          at.factor.set(f64x2.twice(at.weight.get, 8 * term)),
          ...[plus(at.a0, at.p0, at.p1), plus(at.a1, at.p2, at.p3)],
        ]).flat(),
        at.offset.set(i32.add(at.offset.get, i32.of(4 * count))),
        at.weight.set(i32.add(at.weight.get, i32.of(8 * count))),
      ];
      const fourPlaces = [
        ...[at.p0, at.p1, at.p2, at.p3].map((place, i) =>
          place.set(i32.add(at.numbers.get, i32.load(at.places.get, 4 * i))),
        ),
        at.offset.set(at.offsets.get),
        at.a0.set(f64x2.load(at.sums.get)),
        at.a1.set(f64x2.load(at.sums.get, NEXT_PAIR)),
        ...allTerms(at, terms, [at.a0, at.a1]),
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

/** All terms of some sums, up to each stop: those that are rounded in fours, and what is left one by one. */
function allTerms(
  at: { readonly [N in "weight" | "weights" | "stop" | "stops" | "stopsEnd" | "end" | "rounds"]: Variable },
  terms: (count: number) => readonly Code[],
  sums: readonly Variable[],
): readonly Code[] {
  const inSteps = (count: number): Code => {
    const fits = i32.isLess(i32.add(at.weight.get, i32.of(8 * (count - 1))), at.end.get);
    const round = sums.map((sum) => sum.set(f64x2.rounded(sum.get)));
    return when(fits, [repeat([...terms(count), when(at.rounds.get, round)], fits)]);
  };
  const untilStop = [
    at.end.set(i32.add(at.weights.get, i32.load(at.stop.get))),
    // Fours without rounding are no faster: they are bound by what a processor multiplies and adds.
    ...[when(at.rounds.get, [inSteps(4)]), inSteps(1)],
    at.stop.set(i32.add(at.stop.get, i32.of(4))),
  ];
  return [
    at.weight.set(at.weights.get),
    at.stop.set(at.stops.get),
    repeat(untilStop, i32.isLess(at.stop.get, at.stopsEnd.get)),
  ];
}

type Kernel = (...addresses: readonly number[]) => void;

interface Kernels extends Readonly<Record<keyof typeof ROWS_AT_ONCE, Kernel>> {
  readonly addRow: Kernel;
  readonly memory: WasmMemory;
}

let kernels: Kernels | undefined;

/** The loops, which are compiled when they are first needed. */
export function productKernels(): Kernels {
  kernels ??= instantiate(wasmModule([addRows("addFourRows"), addRows("addTwoRows"), addRow()]));
  return kernels;
}

import * as fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { floorQuotient, isNatural, minus, plus, productOf, times } from "../../src/ir/sizes.js";
import { type Dim, TypeRefusal } from "../../src/ir/types.js";
import { throwsError } from "../throws.js";

const test = suite("ir: arithmetic of sizes");

test("results are numbers where all is known, and short texts where it is not", () => {
  assert.is(plus(3, 4), 7);
  assert.is(plus("N", 0), "N");
  assert.is(plus(1, "N"), "N+1");
  assert.is(minus("N", "N"), 0);
  assert.is(minus("N", 7), "N-7");
  assert.is(times("N", 4), "4*N");
  assert.is(times(plus("N", 1), "N"), "N*N+N");
  assert.is(times("N", 0), 0);
  assert.is(productOf(["W", 2, "H", 3]), "6*H*W");
  assert.is(floorQuotient(7, 2), 3);
  assert.is(floorQuotient("H", 2), "floor(H/2)");
  assert.is(floorQuotient(times(6, "N"), 4), "N+floor(N/2)");
  assert.is(floorQuotient(times(6, "N"), times(2, "N")), 3);
  assert.is(floorQuotient("N", "M"), "floor(N/M)");
  throwsError(() => floorQuotient("N", 0), TypeRefusal, /N is divided by zero/);
});

test("a name that is no plain word is one symbol, in quotes where it is part of a text", () => {
  assert.is(plus("a b", 0), "a b");
  assert.is(times("a b+1", 2), '2*"a b+1"');
  assert.is(minus(times("a b", 2), "a b"), "a b");
  assert.is(plus("2*", 1), '"2*"+1');
});

test("what is subtracted makes a size that may be negative", () => {
  assert.ok(isNatural(plus(floorQuotient("N", 2), 3)));
  assert.not(isNatural(minus("N", 1)));
  assert.not(isNatural(-1));
});

test("texts of any length cost no time", () => {
  const hostile = Array.from({ length: 30 }, (_, i) => `(a${i}+b${i})`).join("*");
  assert.is(plus(hostile, 0), hostile);
  throwsError(() => times("x".repeat(300), "y".repeat(300)), TypeRefusal, /more than 400 characters/);
});

/** A computation of sizes, as its text and as a function of what its symbols are. */
interface Computation {
  readonly dim: Dim;
  at(sizes: Readonly<Record<string, number>>): number;
}

const SYMBOLS = ["H", "N", "a b"];

const leaf: fc.Arbitrary<Computation> = fc.oneof(
  fc
    .constantFrom(...SYMBOLS)
    .map((name): Computation => ({ dim: name, at: (given) => given[name] as number })),
  fc.integer({ min: -4, max: 9 }).map((value) => ({ dim: value, at: () => value })),
);

const computation: fc.Arbitrary<Computation> = fc.letrec<{ size: Computation }>((tie) => ({
  size: fc.oneof(
    { maxDepth: 3, depthSize: "medium" },
    leaf,
    fc
      .tuple(fc.constantFrom("plus", "minus", "times"), tie("size"), tie("size"))
      .map(([kind, a, b]): Computation => {
        const apply = { plus, minus, times }[kind];
        return { dim: apply(a.dim, b.dim), at: (sizes) => apply(a.at(sizes), b.at(sizes)) as number };
      }),
    fc.tuple(tie("size"), fc.integer({ min: 1, max: 6 })).map(
      ([a, by]): Computation => ({
        dim: floorQuotient(a.dim, by),
        at: (sizes) => Math.floor(a.at(sizes) / by),
      }),
    ),
  ),
})).size;

const sizes = fc.record({ H: fc.nat(40), N: fc.nat(9), "a b": fc.nat(5) });

/** What a text says for given sizes, by JavaScript's own arithmetic. */
function resultOf(dim: Dim, given: Readonly<Record<string, number>>): number {
  const text = typeof dim === "string" && SYMBOLS.includes(dim) ? JSON.stringify(dim) : `${dim}`;
  const program = text
    .replaceAll('"a b"', `(${given["a b"]})`)
    .replaceAll('"N"', "N")
    .replaceAll('"H"', "H")
    .replaceAll("floor", "Math.floor");
  return Function("H", "N", `return ${program}`)(given.H, given.N) as number;
}

test("a text says what was computed", () => {
  fc.assert(
    fc.property(computation, sizes, (computed, given) => {
      assert.is(resultOf(computed.dim, given) + 0, computed.at(given) + 0);
    }),
    { numRuns: 500 },
  );
});

test("sums and products have the same text in whichever order they are made", () => {
  fc.assert(
    fc.property(leaf, computation, leaf, (a, b, c) => {
      assert.is(plus(plus(a.dim, b.dim), c.dim), plus(a.dim, plus(c.dim, b.dim)));
      assert.is(times(a.dim, plus(b.dim, c.dim)), plus(times(c.dim, a.dim), times(b.dim, a.dim)));
    }),
    { numRuns: 500 },
  );
});

test.run();

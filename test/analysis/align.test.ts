import * as fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { align, type IndexPair } from "../../src/analysis/align.js";

const test = suite("analysis: alignment");

const costs = { pair: (a: number, b: number): number => Math.abs(a - b), alone: 2 };

function costOf(a: readonly number[], b: readonly number[], pairs: readonly IndexPair[]): number {
  return pairs.reduce((sum, [i, j]) => {
    if (i === undefined || j === undefined) return sum + costs.alone;
    return sum + costs.pair(a[i] as number, b[j] as number);
  }, 0);
}

/** The least cost by the recurrence itself. */
function leastCost(a: readonly number[], b: readonly number[]): number {
  let above = [0, ...b.map((_, j) => (j + 1) * costs.alone)];
  for (const x of a) {
    const row = [(above[0] as number) + costs.alone];
    b.forEach((y, j) => {
      const paired = (above[j] as number) + costs.pair(x, y);
      const alone = Math.min(above[j + 1] as number, row[j] as number) + costs.alone;
      row.push(Math.min(paired, alone));
    });
    above = row;
  }
  return above.at(-1) as number;
}

const list = fc.array(fc.integer({ min: 0, max: 8 }), { maxLength: 14 });

test("each element is there once and in order, at the least cost", () => {
  fc.assert(
    fc.property(list, list, (a, b) => {
      const pairs = align(a, b, costs);
      const [ofA, ofB] = [pairs.flatMap(([i]) => i ?? []), pairs.flatMap(([, j]) => j ?? [])];
      assert.equal(ofA, [...a.keys()]);
      assert.equal(ofB, [...b.keys()]);
      assert.is(costOf(a, b, pairs), leastCost(a, b));
    }),
    { numRuns: 500 },
  );
});

test("what is added in between stays alone", () => {
  assert.equal(align([1, 5, 9], [1, 5, 30, 9], costs), [
    [0, 0],
    [1, 1],
    [undefined, 2],
    [2, 3],
  ]);
});

test("thousands of elements take no table of millions", () => {
  const a = Array.from({ length: 3000 }, (_, i) => i % 97);
  const b = a.filter((_, i) => i % 50 !== 7);
  assert.is(costOf(a, b, align(a, b, costs)), 2 * (a.length - b.length));
});

test.run();

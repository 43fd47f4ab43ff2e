import { suite } from "uvu";
import * as assert from "uvu/assert";
import { frontOf } from "../../../src/driver/sweep/front.js";
import type { SweepRow } from "../../../src/driver/sweep/row.js";
import type { Goal } from "../../../src/language/sweep/quantities.js";

const test = suite("driver: fronts of sweeps");

const LEAST: readonly [Goal, Goal] = [
  { better: "least", quantity: "macs" },
  { better: "least", quantity: "parameters" },
];

function rows(points: readonly (readonly [macs: number, parameters: number])[]): readonly SweepRow[] {
  return points.map(([macs, parameters], index) => ({
    ...{ id: String(index), index, status: "ok", base: "b", settings: {}, set: [] },
    ...{ macs, parameters, attentionParameters: 0, buffers: 0, gateCount: 0 },
  }));
}

test("what no other variant beats in both, by the definition", () => {
  const points = Array.from(
    { length: 60 },
    (_, i) => [(i * 7) % 60, 60 - ((i * 7) % 60) + ((i * 13) % 17)] as const,
  );
  const { ids } = frontOf(rows(points), LEAST);
  const beaten = (a: number): boolean =>
    points.some(([x, y], b) => {
      const [p = 0, q = 0] = points[a] ?? [];
      // Of equal ones the first stays.
      return x <= p && y <= q && (x < p || y < q || b < a);
    });
  const expected = points.flatMap((_, i) => (beaten(i) ? [] : [String(i)]));
  assert.equal(ids.toSorted(), expected.toSorted());
  assert.ok(ids.length > 2);
});

test("most is the other way round", () => {
  const goals: readonly [Goal, Goal] = [LEAST[0], { better: "most", quantity: "parameters" }];
  assert.equal(
    frontOf(
      rows([
        [1, 1],
        [2, 3],
        [3, 2],
        [4, 4],
      ]),
      goals,
    ).ids,
    ["0", "1", "3"],
  );
});

test("the knee is the farthest from the line between the ends", () => {
  assert.is(
    frontOf(
      rows([
        [1, 6],
        [2, 2],
        [3, 1.8],
        [6, 1],
      ]),
      LEAST,
    ).knee,
    "1",
  );
  // From 1 to 10,000 ratios count: the middle is nearest to both ends by them.
  assert.is(
    frontOf(
      rows([
        [1, 10_000],
        [50, 50],
        [5000, 20],
        [10_000, 1],
      ]),
      LEAST,
    ).knee,
    "1",
  );
  assert.is(
    frontOf(
      rows([
        [1, 2],
        [2, 1],
      ]),
      LEAST,
    ).knee,
    null,
  );
});

test("rows that do not keep to the constraints are not weighed", () => {
  const [first, ...others] = rows([
    [1, 1],
    [2, 3],
  ]);
  assert.ok(first);
  assert.equal(frontOf([{ ...first, status: "rejected" }, ...others], LEAST).ids, ["1"]);
});

test.run();

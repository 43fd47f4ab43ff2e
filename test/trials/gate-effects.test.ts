import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parseGraph } from "../../src/ir/parse.js";
import { TOLERANCES } from "../../src/runtime/compare.js";
import { gateEffects } from "../../src/trials/gate-effects.js";

const test = suite("trials: gate effects");

/** A gate of 0.5 on ten channels, and the indices of the numbers that an expression of it leaves above zero. */
const finding = (above: string): string => `graph "g" {
  input %x : float32[1, 10, 4, 4]
  fixed @k : float32 = constant([1, 1, 1, 3], 0)
  fixed @bound : float32 = constant([1], 0.4)
  %gated : float32[1, 10, 4, 4] = attention.eca(%x, @k) {kernel = 3} loc(/b/attention)
  %above : float32[1, 10, 4, 4] = ${above} loc(/above)
  %kept : float32[1, 10, 4, 4] = relu(%above) loc(/kept)
  %at : int64[4, F] = nonzero(%kept) {count = "F"} loc(/at)
  return %at
}
`;

test("a gate without which more or fewer things are found moves the output by its whole range", () => {
  // Without the gate the numbers are twice as large: more are above the bound, and fewer are below it.
  for (const above of ["sub(%gated, @bound)", "sub(@bound, %gated)"]) {
    const { effects } = gateEffects(parseGraph(finding(above)), 0, TOLERANCES.float32);
    assert.equal(
      effects.map(({ at, moved, tolerances, ok }) => [at, moved, tolerances, ok]),
      [["/b/attention", 1, Number.POSITIVE_INFINITY, true]],
      above,
    );
  }
});

test("a gate of one factor moves numbers by that", () => {
  const graph = parseGraph(`graph "g" {
  input %x : float32[1, 10, 4, 4]
  fixed @k : float32 = constant([1, 1, 1, 3], 0)
  %gated : float32[1, 10, 4, 4] = attention.eca(%x, @k) {kernel = 3} loc(/b/attention)
  return %gated
}
`);
  const [effect] = gateEffects(graph, 0, TOLERANCES.float32).effects;
  // The outputs double, and the largest is about half of their range.
  assert.ok(effect?.ok && effect.moved > 0.3 && effect.moved < 1);
});

test.run();

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Adam } from "../../src/base/adam.js";

const test = suite("base: Adam");

/** Of Σ scale · (w - aim)² / 2. */
function gradientOf(weights: Float64Array, scale: readonly number[], aim: readonly number[]): Float64Array {
  return weights.map((each, i) => (scale[i] ?? 0) * (each - (aim[i] ?? 0)));
}

test("weights come to where the gradients vanish, however steep the sides are", () => {
  const weights = Float64Array.of(3, -2, 0.5);
  const [scale, aim] = [
    [1, 1000, 0.01],
    [1, 2, -1],
  ];
  const adam = new Adam([weights], 2000, [0.05]);
  for (let step = 0; step < 2000; step++) adam.step([gradientOf(weights, scale ?? [], aim ?? [])]);
  weights.forEach((each, i) => {
    assert.ok(Math.abs(each - (aim?.[i] ?? 0)) < 1e-3, `${each}`);
  });
});

test("the first step goes as far as the rate says, which a cosine lets fall; without a gradient nothing moves", () => {
  const [moved, still] = [Float64Array.of(0), Float64Array.of(7)];
  const adam = new Adam([moved, still], 4, [0.1, 0.1]);
  adam.step([Float64Array.of(1e-3), Float64Array.of(0)]);
  assert.ok(Math.abs((moved[0] ?? 0) + 0.1) < 1e-9, `${moved[0]}`);
  adam.step([Float64Array.of(1e-3), Float64Array.of(0)]);
  // 0.1 · (1 + cos(π / 4)) / 2
  assert.ok(Math.abs((moved[0] ?? 0) + 0.1853553390593) < 1e-9, `${moved[0]}`);
  assert.is(still[0], 7);
});

test.run();

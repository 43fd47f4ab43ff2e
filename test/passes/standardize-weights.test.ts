import { suite } from "uvu";
import { assertKeepsValues, assertRewrites, assertUnchanged } from "./support.js";

const test = suite("passes: standardize-weights");

const WEIGHTS = `
  trainable @w = normal([3, 2, 1, 1], 1, "w")
  trainable @gain = normal([3, 1, 1, 1], 1, "gain")`;

const COMPUTED =
  'computed(float32[3, 2, 1, 1], standardized_weight(float32 normal([3, 2, 1, 1], 1, "w"), float32 normal([3, 1, 1, 1], 1, "gain")) {factor = 2})';

test("standardised weights become parameters, which layers that share them share", () => {
  const before = `graph "g" {
    input %x : float32[N, 2, 4, 4]${WEIGHTS}
    %c/w : float32[3, 2, 1, 1] = standardized_weight(@w, @gain) {factor = 2} loc(/c/w)
    %c : float32[N, 3, 4, 4] = conv(%x, %c/w) loc(/c)
    %d/w : float32[3, 2, 1, 1] = standardized_weight(@w, @gain) {factor = 2} loc(/d/w)
    %d : float32[N, 3, 4, 4] = conv(%x, %d/w) loc(/d)
    return %c, %d
  }`;
  assertRewrites(
    "standardize-weights",
    before,
    `graph "g" {
      input %x : float32[N, 2, 4, 4]
      trainable @c.w = ${COMPUTED}
      %c : float32[N, 3, 4, 4] = conv(%x, @c.w) loc(/c by standardize-weights)
      %d : float32[N, 3, 4, 4] = conv(%x, @c.w) loc(/d by standardize-weights)
      return %c, %d
    }`,
  );
  assertKeepsValues("standardize-weights", before);
});

test("other factors of the same weights are other weights", () => {
  const before = `graph "g" {
    input %x : float32[N, 2, 4, 4]
    trainable @w = normal([3, 2, 1, 1], 1, "w")
    %c/w : float32[3, 2, 1, 1] = standardized_weight(@w) loc(/c/w)
    %c : float32[N, 3, 4, 4] = conv(%x, %c/w) loc(/c)
    %d/w : float32[3, 2, 1, 1] = standardized_weight(@w) {factor = 3} loc(/d/w)
    %d : float32[N, 3, 4, 4] = conv(%x, %d/w) loc(/d)
    %y : float32[N, 3, 4, 4] = add(%c, %d) loc(/y)
    return %y
  }`;
  assertKeepsValues("standardize-weights", before);
});

test("a normalisation behind them is folded then", () => {
  assertKeepsValues(
    "standardize-weights,fold-batch-norm",
    `graph "g" {
      input %x : float32[N, 2, 4, 4]${WEIGHTS}
      trainable @scale = uniform([3], 0.5, 2, "scale")
      trainable @shift = normal([3], 1, "shift")
      buffer @mean = normal([3], 1, "mean")
      buffer @variance = uniform([3], 0.5, 2, "variance")
      %c/w : float32[3, 2, 1, 1] = standardized_weight(@w, @gain) loc(/c/w)
      %c : float32[N, 3, 4, 4] = conv(%x, %c/w) loc(/c)
      %y : float32[N, 3, 4, 4] = batch_norm(%c, @scale, @shift, @mean, @variance) loc(/y)
      return %y
    }`,
  );
});

test("weights that a run computes stay", () => {
  assertUnchanged(
    "standardize-weights",
    `graph "g" {
      input %x : float32[N, 2, 4, 4]
      input %w : float32[3, 2, 1, 1]
      %s : float32[3, 2, 1, 1] = standardized_weight(%w) loc(/s)
      %y : float32[N, 3, 4, 4] = conv(%x, %s) loc(/y)
      return %y
    }`,
  );
});

test.run();

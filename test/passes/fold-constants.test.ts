import { suite } from "uvu";
import { assertKeepsValues, assertRewrites, assertUnchanged } from "./support.js";

const test = suite("passes: fold-constants");

const SCALED_WEIGHT = `graph "g" {
  input %x : float32[N, 2]
  trainable @w = normal([3, 2], 1, "w")
  trainable @rows = normal([3, 1], 1, "rows")
  fixed @two = constant([1], 2)
  %a/rows : float32[3, 2] = mul(@w, @rows) loc(/a)
  %b : float32[3, 2] = add(%a/rows, @two) loc(/b)
  %y : float32[N, 3] = gemm(%x, %b) loc(/y)
  return %y
}`;

test("arithmetic of parameters becomes a parameter, through several ops", () => {
  assertRewrites(
    "fold-constants",
    SCALED_WEIGHT,
    `graph "g" {
      input %x : float32[N, 2]
      trainable @b = add(mul(normal([3, 2], 1, "w"), normal([3], 1, "rows")), constant([], 2))
      %y : float32[N, 3] = gemm(%x, @b) loc(/y)
      return %y
    }`,
  );
  assertKeepsValues("fold-constants", SCALED_WEIGHT);
});

test("so does a reshape of a parameter", () => {
  const before = `graph "g" {
    input %x : float32[N, 2]
    fixed @w = normal([6], 1, "w")
    %a : float32[3, 2] = reshape(@w) {shape = [3, -1]} loc(/a)
    %y : float32[N, 3] = gemm(%x, %a) loc(/y)
    return %y
  }`;
  assertRewrites(
    "fold-constants",
    before,
    `graph "g" {
      input %x : float32[N, 2]
      fixed @a = normal([3, 2], 1, "w")
      %y : float32[N, 3] = gemm(%x, @a) loc(/y)
      return %y
    }`,
  );
  assertKeepsValues("fold-constants", before);
});

test("a broadcast that no weight expression says stays: over the last axis", () => {
  assertUnchanged(
    "fold-constants",
    `graph "g" {
      input %x : float32[N, 2]
      trainable @w = normal([2, 2], 1, "w")
      trainable @columns = normal([2], 1, "columns")
      %a : float32[2, 2] = mul(@w, @columns) loc(/a)
      %y : float32[N, 2] = gemm(%x, %a) loc(/y)
      return %y
    }`,
  );
});

test("a broadcast of both operands stays", () => {
  assertUnchanged(
    "fold-constants",
    `graph "g" {
      input %x : float32[N, 2]
      trainable @rows = normal([3, 1], 1, "rows")
      trainable @columns = normal([1, 2], 1, "columns")
      %a : float32[3, 2] = mul(@rows, @columns) loc(/a)
      %y : float32[N, 3] = gemm(%x, %a) loc(/y)
      return %y
    }`,
  );
});

test("functions of parameters, and what depends on the input, stay", () => {
  assertUnchanged(
    "fold-constants",
    `graph "g" {
      input %x : float32[N, 3]
      trainable @s = normal([3], 1, "s")
      %a : float32[3] = sigmoid(@s) loc(/a)
      %y : float32[N, 3] = mul(%x, %a) loc(/y)
      return %y
    }`,
  );
});

test.run();

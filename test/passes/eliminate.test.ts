import { suite } from "uvu";
import { assertKeepsValues, assertRewrites, assertUnchanged } from "./support.js";

const dead = suite("passes: eliminate-dead-code");

dead("what no output depends on goes, with its parameters", () => {
  assertRewrites(
    "eliminate-dead-code",
    `graph "g" {
      input %x : float32[N, 2]
      input %unused : float32[N, 2]
      trainable @w = normal([2, 2], 1, "w")
      %a : float32[N, 2] = gemm(%x, @w) loc(/a)
      %b : float32[N, 2] = relu(%a) loc(/b)
      %y : float32[N, 2] = tanh(%x) loc(/y)
      return %y
    }`,
    `graph "g" {
      input %x : float32[N, 2]
      input %unused : float32[N, 2]
      %y : float32[N, 2] = tanh(%x) loc(/y)
      return %y
    }`,
  );
});

dead("what an output needs stays", () => {
  assertUnchanged(
    "eliminate-dead-code",
    `graph "g" {
      input %x : float32[N, 2]
      %a : float32[N, 2] = relu(%x) loc(/a)
      %y : float32[N, 2] = tanh(%a) loc(/y)
      return %y
    }`,
  );
});

dead.run();

const common = suite("passes: eliminate-common-subexpressions");

const TWICE = `graph "g" {
  input %x : float32[N, 3, 4, 4]
  %a : float32[N, 3, 1, 1] = global_avg_pool(%x) loc(/a)
  %b : float32[N, 3, 1, 1] = global_avg_pool(%x) loc(/b)
  %c : float32[N, 3, 1, 1] = sigmoid(%a) loc(/c)
  %d : float32[N, 3, 1, 1] = sigmoid(%b) loc(/d)
  %e : float32[N, 3, 4, 4] = mul(%x, %c) loc(/e)
  %y : float32[N, 3, 4, 4] = mul(%e, %d) loc(/y)
  return %y
}`;

common("equal ops of equal operands are computed once, and what follows from them too", () => {
  assertRewrites(
    "eliminate-common-subexpressions",
    TWICE,
    `graph "g" {
      input %x : float32[N, 3, 4, 4]
      %a : float32[N, 3, 1, 1] = global_avg_pool(%x) loc(/a)
      %c : float32[N, 3, 1, 1] = sigmoid(%a) loc(/c)
      %e : float32[N, 3, 4, 4] = mul(%x, %c) loc(/e)
      %y : float32[N, 3, 4, 4] = mul(%e, %c) loc(/y)
      return %y
    }`,
  );
  assertKeepsValues("eliminate-common-subexpressions", TWICE);
});

common("other attributes make another op", () => {
  assertUnchanged(
    "eliminate-common-subexpressions",
    `graph "g" {
      input %x : float32[N, 3]
      %a : float32[N, 3] = clip(%x) {low = 0, high = 6} loc(/a)
      %b : float32[N, 3] = clip(%x) {low = 0, high = 1} loc(/b)
      %y : float32[N, 3] = add(%a, %b) loc(/y)
      return %y
    }`,
  );
});

common("constants of equal numbers become one; trainable parameters never do", () => {
  assertRewrites(
    "eliminate-common-subexpressions",
    `graph "g" {
      input %x : float32[N, 3]
      fixed @half = constant([], 0.5)
      fixed @one_half = constant([], 0.5)
      trainable @s = constant([3], 1)
      trainable @t = constant([3], 1)
      %a : float32[N, 3] = mul(%x, @half) loc(/a)
      %b : float32[N, 3] = mul(%x, @one_half) loc(/b)
      %c : float32[N, 3] = mul(%a, @s) loc(/c)
      %d : float32[N, 3] = mul(%b, @t) loc(/d)
      %y : float32[N, 3] = add(%c, %d) loc(/y)
      return %y
    }`,
    `graph "g" {
      input %x : float32[N, 3]
      fixed @half = constant([], 0.5)
      trainable @s = constant([3], 1)
      trainable @t = constant([3], 1)
      %a : float32[N, 3] = mul(%x, @half) loc(/a)
      %c : float32[N, 3] = mul(%a, @s) loc(/c)
      %d : float32[N, 3] = mul(%a, @t) loc(/d)
      %y : float32[N, 3] = add(%c, %d) loc(/y)
      return %y
    }`,
  );
});

common("two dropouts of one value are different in training", () => {
  assertUnchanged(
    "eliminate-common-subexpressions",
    `graph "g" {
      input %x : float32[N, 3]
      %a : float32[N, 3] = dropout(%x) {rate = 0.5} loc(/a)
      %b : float32[N, 3] = dropout(%x) {rate = 0.5} loc(/b)
      %y : float32[N, 3] = add(%a, %b) loc(/y)
      return %y
    }`,
  );
});

common("two outputs stay two values", () => {
  assertUnchanged(
    "eliminate-common-subexpressions",
    `graph "g" {
      input %x : float32[N, 3]
      %a : float32[N, 3] = relu(%x) loc(/a)
      %b : float32[N, 3] = relu(%x) loc(/b)
      return %a, %b
    }`,
  );
});

common.run();

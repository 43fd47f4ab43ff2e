import { suite } from "uvu";
import { assertKeepsValues, assertRewrites, assertUnchanged } from "./support.js";

const test = suite("passes: strip-training");

const RESIDUAL = `graph "g" {
  input %x : float32[N, 3, 4, 4]
  %branch : float32[N, 3, 4, 4] = silu(%x) loc(/act)
  %kept : float32[N, 3, 4, 4] = drop_path(%branch) {rate = 0.1} loc(/drop_path)
  %sum : float32[N, 3, 4, 4] = add(%kept, %x) loc(/add)
  %y : float32[N, 3, 4, 4] = dropout(%sum) {rate = 0.2} loc(/dropout)
  return %y
}`;

test("dropout and drop path vanish, and the output keeps its name", () => {
  assertRewrites(
    "strip-training",
    RESIDUAL,
    `graph "g" {
      input %x : float32[N, 3, 4, 4]
      %branch : float32[N, 3, 4, 4] = silu(%x) loc(/act)
      %y : float32[N, 3, 4, 4] = add(%branch, %x) loc(/add)
      return %y
    }`,
  );
  assertKeepsValues("strip-training", RESIDUAL);
});

test("a network without them stays", () => {
  assertUnchanged(
    "strip-training",
    `graph "g" {
      input %x : float32[N, 3]
      %y : float32[N, 3] = relu(%x) loc(/act)
      return %y
    }`,
  );
});

test("one that makes an output of an input stays: an input has its own name", () => {
  assertUnchanged(
    "strip-training",
    `graph "g" {
      input %x : float32[N, 3]
      %y : float32[N, 3] = dropout(%x) {rate = 0.5} loc(/dropout)
      return %y
    }`,
  );
});

test.run();

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ACTIVATION_NAMES } from "../../src/ir/activations.js";
import { isPrimitive } from "../../src/ir/ops/registry.js";
import { assertKeepsValues, assertRewrites, assertUnchanged, rewrite } from "./support.js";

const test = suite("passes: lower-activation");

function network(activation: string): string {
  return `graph "g" {
    input %x : float32[N, 3]
    %head/act : float32[N, 3] = ${activation}(%x) loc(/head/act, "$.head")
    return %head/act
  }`;
}

test("silu is a sigmoid and a product", () => {
  assertRewrites(
    "lower-activation",
    network("silu"),
    `graph "g" {
      input %x : float32[N, 3]
      %head/act/sigmoid : float32[N, 3] = sigmoid(%x) loc(/head/act/sigmoid, "$.head" by lower-activation)
      %head/act : float32[N, 3] = mul(%x, %head/act/sigmoid) loc(/head/act, "$.head" by lower-activation)
      return %head/act
    }`,
  );
});

test("relu6 is a clip", () => {
  assertRewrites(
    "lower-activation",
    network("relu6"),
    `graph "g" {
      input %x : float32[N, 3]
      %head/act : float32[N, 3] = clip(%x) {low = 0, high = 6} loc(/head/act, "$.head" by lower-activation)
      return %head/act
    }`,
  );
});

test("gelu is its definition by erf, with fixed constants", () => {
  assertRewrites(
    "lower-activation",
    network("gelu"),
    `graph "g" {
      input %x : float32[N, 3]
      fixed @head.act.rsqrt2 = constant([], 0.7071067811865476)
      fixed @head.act.one = constant([], 1)
      fixed @head.act.half = constant([], 0.5)
      %head/act/scaled : float32[N, 3] = mul(%x, @head.act.rsqrt2) loc(/head/act/scaled, "$.head" by lower-activation)
      %head/act/erf : float32[N, 3] = erf(%head/act/scaled) loc(/head/act/erf, "$.head" by lower-activation)
      %head/act/shifted : float32[N, 3] = add(%head/act/erf, @head.act.one) loc(/head/act/shifted, "$.head" by lower-activation)
      %head/act/product : float32[N, 3] = mul(%x, %head/act/shifted) loc(/head/act/product, "$.head" by lower-activation)
      %head/act : float32[N, 3] = mul(%head/act/product, @head.act.half) loc(/head/act, "$.head" by lower-activation)
      return %head/act
    }`,
  );
});

test("hard_swish is an operator as of opset 14", () => {
  assertUnchanged("lower-activation{opset=14}", network("hard_swish"));
  assertRewrites(
    "lower-activation{opset=13}",
    network("hard_swish"),
    `graph "g" {
      input %x : float32[N, 3]
      %head/act/hard_sigmoid : float32[N, 3] = hard_sigmoid(%x) loc(/head/act/hard_sigmoid, "$.head" by lower-activation)
      %head/act : float32[N, 3] = mul(%x, %head/act/hard_sigmoid) loc(/head/act, "$.head" by lower-activation)
      return %head/act
    }`,
  );
});

for (const activation of ACTIVATION_NAMES) {
  test(`${activation} is primitive afterwards and computes the same`, () => {
    for (const pipeline of ["lower-activation", "lower-activation{opset=13}"]) {
      assert.ok(rewrite(pipeline, network(activation)).ops.every((op) => isPrimitive(op.kind)));
      assertKeepsValues(pipeline, network(activation));
    }
  });
}

test.run();

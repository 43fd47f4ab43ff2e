import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ACTIVATION_NAMES } from "../../src/ir/activations.js";
import { printGraph } from "../../src/ir/print.js";
import { assertKeepsValues, assertRewrites, assertUnchanged, rewrite } from "./support.js";

const test = suite("passes: raise-activation");

const X = "input %x : float32[N, 6, 4, 5]";
const MAP = "float32[N, 6, 4, 5]";

test("SiLU, by its sigmoid", () => {
  assertRewrites(
    "raise-activation",
    `graph "g" { ${X}
      %s : ${MAP} = sigmoid(%x) loc(/act)
      %y : ${MAP} = mul(%x, %s) loc(/act)
      %z : ${MAP} = tanh(%y) loc(/z)
      return %z }`,
    `graph "g" { ${X}
      %y : ${MAP} = silu(%x) loc(/act by raise-activation)
      %z : ${MAP} = tanh(%y) loc(/z)
      return %z }`,
  );
});

for (const name of ACTIVATION_NAMES) {
  test(`${name}: what lowering makes of it is found again`, () => {
    const text = `graph "g" { ${X}
      %a : ${MAP} = ${name}(%x) loc(/a)
      %y : ${MAP} = tanh(%a) loc(/y)
      return %y }`;
    const lowered = printGraph(rewrite("lower-activation{opset=13}", text));
    assert.equal(
      rewrite("raise-activation", lowered).ops.map(({ kind }) => kind),
      [name, "tanh"],
    );
    assertKeepsValues("raise-activation", lowered);
  });
}

test("what something else reads a part of stays", () => {
  assertUnchanged(
    "raise-activation",
    `graph "g" { ${X}
      %s : ${MAP} = sigmoid(%x) loc(/act)
      %y : ${MAP} = mul(%x, %s) loc(/act)
      return %y, %s }`,
  );
});

test("a gate is no activation", () => {
  assertUnchanged(
    "raise-activation",
    `graph "g" { ${X}
      %pool : float32[N, 6, 1, 1] = global_avg_pool(%x) loc(/gate)
      %s : float32[N, 6, 1, 1] = sigmoid(%pool) loc(/gate)
      %y : ${MAP} = mul(%x, %s) loc(/gate)
      return %y }`,
  );
});

test("a clamp that has no name stays", () => {
  assertUnchanged(
    "raise-activation",
    `graph "g" { ${X}
      %y : ${MAP} = clip(%x) {low = -1, high = 1} loc(/act)
      return %y }`,
  );
});

test.run();

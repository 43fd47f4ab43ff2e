import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parseGraph } from "../../src/ir/parse.js";
import { printGraph } from "../../src/ir/print.js";
import { assertKeepsValues, assertRewrites, assertUnchanged, rewrite } from "./support.js";

const test = suite("passes: simplify, what becomes part of a layer");

const LAYERS = [
  ["conv", "[N, 4, 5, 5]", "[N, 6, 5, 5]", "[6, 4, 1, 1]", "[6, 1, 1]", "[4, 1, 1]"],
  ["conv_1d", "[N, 4, 5]", "[N, 6, 5]", "[6, 4, 1]", "[6, 1]", "[4, 1]"],
  ["gemm", "[N, 4]", "[N, 6]", "[6, 4]", "[6]", "[4]"],
] as const;

for (const [kind, x, y, weight, output, input] of LAYERS) {
  for (const [name, dims] of [
    ["one number", "[]"],
    ["a number for each output", output],
  ] as const) {
    for (const op of ["mul", "div", "add", "sub"] as const) {
      test(`${op} of ${name} behind ${kind}`, () => {
        const text = `graph "g" {
          input %x : float32${x}
          trainable @w = normal(${weight}, 1, "w")
          trainable @b = normal([6], 1, "b")
          trainable @s = uniform(${dims}, 1, 2, "s")
          %layer : float32${y} = ${kind}(%x, @w, @b) loc(/layer)
          %scaled : float32${y} = ${op}(%layer, @s) loc(/scaled)
          %y : float32${y} = tanh(%scaled) loc(/y)
          return %y
        }`;
        assert.equal(kindsAfter(text), [kind, "tanh"]);
        assertKeepsValues("simplify", text);
      });
    }
  }

  test(`what ${kind} gives, added to itself`, () => {
    const text = `graph "g" {
      input %x : float32${x}
      trainable @w = normal(${weight}, 1, "w")
      trainable @b = normal([6], 1, "b")
      %layer : float32${y} = ${kind}(%x, @w, @b) loc(/layer)
      %twice : float32${y} = add(%layer, %layer) loc(/twice)
      %y : float32${y} = tanh(%twice) loc(/y)
      return %y
    }`;
    assert.equal(kindsAfter(text), [kind, "tanh"]);
    assertKeepsValues("simplify", text);
  });

  for (const [name, dims] of [
    ["one number", "[1]"],
    ["a number for each input", input],
  ] as const) {
    test(`mul by ${name} before ${kind}`, () => {
      const text = `graph "g" {
        input %x : float32${x}
        trainable @w = normal(${weight}, 1, "w")
        trainable @s = uniform(${dims}, 1, 2, "s")
        %scaled : float32${x} = mul(@s, %x) loc(/scaled)
        %layer : float32${y} = ${kind}(%scaled, @w) loc(/layer)
        %y : float32${y} = tanh(%layer) loc(/y)
        return %y
      }`;
      assert.equal(kindsAfter(text), [kind, "tanh"]);
      assertKeepsValues("simplify", text);
    });
  }
}

function kindsAfter(text: string): readonly string[] {
  return rewrite("simplify", text).ops.map(({ kind }) => kind);
}

test("a convolution of groups has the factor of each group's own inputs", () => {
  const text = `graph "g" {
    input %x : float32[N, 6, 5, 5]
    trainable @w = normal([4, 3, 3, 3], 1, "w")
    trainable @s = uniform([1, 6, 1, 1], 1, 2, "s")
    %scaled : float32[N, 6, 5, 5] = mul(%x, @s) loc(/scaled)
    %y : float32[N, 4, 5, 5] = conv(%scaled, @w) {pads = [1, 1, 1, 1], group = 2} loc(/y)
    return %y
  }`;
  assert.equal(kindsAfter(text), ["conv"]);
  assertKeepsValues("simplify", text);
});

test("a convolution takes in what stands behind it, one after the other, under its own name", () => {
  const text = `graph "g" {
    input %x : float32[N, 4, 5, 5]
    trainable @w = normal([6, 4, 1, 1], 1, "w")
    trainable @s = uniform([6, 1, 1], 1, 2, "s")
    trainable @t = uniform([6, 1, 1], 1, 2, "t")
    trainable @scale = uniform([6], 1, 2, "scale")
    trainable @shift = normal([6], 1, "shift")
    buffer @mean = normal([6], 1, "mean")
    buffer @variance = uniform([6], 1, 2, "variance")
    %layer : float32[N, 6, 5, 5] = conv(%x, @w) loc(/layer)
    %scaled : float32[N, 6, 5, 5] = mul(%layer, @s) loc(/scaled)
    %shifted : float32[N, 6, 5, 5] = add(@t, %scaled) loc(/shifted)
    %norm : float32[N, 6, 5, 5] = batch_norm(%shifted, @scale, @shift, @mean, @variance) loc(/norm)
    %y : float32[N, 6, 5, 5] = relu(%norm) loc(/y)
    return %y
  }`;
  const after = rewrite("simplify", text);
  assert.equal(
    after.ops.map(({ kind, results: [result] }) => `${kind} ${result?.name}`),
    ["conv layer", "relu y"],
  );
  assert.equal(
    after.ops[0]?.operands.map(({ name }) => name),
    ["x", "w", "w.bias"],
  );
  assertKeepsValues("simplify", text);
});

test("what something else reads, or is an output, stays", () => {
  assertUnchanged(
    "simplify",
    `graph "g" {
      input %x : float32[N, 4, 5, 5]
      trainable @w = normal([4, 4, 1, 1], 1, "w")
      trainable @s = uniform([4, 1, 1], 1, 2, "s")
      %layer : float32[N, 4, 5, 5] = conv(%x, @w) loc(/layer)
      %scaled : float32[N, 4, 5, 5] = mul(%layer, @s) loc(/scaled)
      %both : float32[N, 4, 5, 5] = max(%layer, %scaled) loc(/both)
      %other : float32[N, 4, 5, 5] = conv(%both, @w) loc(/other)
      %moved : float32[N, 4, 5, 5] = add(%other, @s) loc(/moved)
      %again : float32[N, 4, 5, 5] = mul(%moved, @s) loc(/again)
      %last : float32[N, 4, 5, 5] = conv(%again, @w) loc(/last)
      return %other, %again, %last
    }`,
  );
});

test("a layer that took in a sum is none that an equal layer is the same as", () => {
  const text = `graph "g" {
    input %x : float32[N, 4, 5, 5]
    trainable @w = normal([6, 4, 1, 1], 1, "w")
    trainable @a = normal([6, 1, 1], 1, "a")
    %first : float32[N, 6, 5, 5] = conv(%x, @w) loc(/first)
    %sum : float32[N, 6, 5, 5] = add(%first, @a) loc(/sum)
    %t : float32[N, 6, 5, 5] = tanh(%sum) loc(/t)
    %second : float32[N, 6, 5, 5] = conv(%x, @w) loc(/second)
    %third : float32[N, 6, 5, 5] = conv(%x, @w) loc(/third)
    %u : float32[N, 6, 5, 5] = relu(%second) loc(/u)
    %v : float32[N, 6, 5, 5] = silu(%third) loc(/v)
    return %t, %u, %v
  }`;
  assert.equal(kindsAfter(text), ["conv", "tanh", "conv", "relu", "silu"]);
  assertKeepsValues("simplify", text);
});

for (const [op, number] of [
  ["mul", 100],
  ["add", 70_000],
  ["mul", 1e-8],
] as const) {
  test(`${op} of ${number} stays behind a layer whose float16 numbers it would take out of range`, () => {
    const text = (dtype: string, by: number): string => `graph "g" {
      input %x : ${dtype}[N, 4]
      trainable @w : ${dtype} = constant([6, 4], 1000)
      trainable @b : ${dtype} = constant([6], 1)
      trainable @s : ${dtype} = constant([], ${by})
      %layer : ${dtype}[N, 6] = gemm(%x, @w, @b) loc(/layer)
      %scaled : ${dtype}[N, 6] = ${op}(%layer, @s) loc(/scaled)
      %y : ${dtype}[N, 6] = tanh(%scaled) loc(/y)
      return %y
    }`;
    assert.equal(kindsAfter(text("float16", number)), ["gemm", op, "tanh"]);
    assert.equal(kindsAfter(text("float16", 2)), ["gemm", "tanh"]);
    assert.equal(kindsAfter(text("float32", number)), ["gemm", "tanh"]);
  });
}

test("a factor for each column is none of a convolution", () => {
  assertUnchanged(
    "simplify",
    `graph "g" {
      input %x : float32[N, 4, 5, 4]
      trainable @w = normal([4, 4, 1, 1], 1, "w")
      trainable @s = uniform([4], 1, 2, "s")
      %layer : float32[N, 4, 5, 4] = conv(%x, @w) loc(/layer)
      %scaled : float32[N, 4, 5, 4] = mul(%layer, @s) loc(/scaled)
      %y : float32[N, 4, 5, 4] = tanh(%scaled) loc(/y)
      return %y
    }`,
  );
});

test("a weight that another layer reads stays one, and the factor stays", () => {
  const text = `graph "g" {
    input %x : float32[N, 4, 5, 5]
    trainable @w = normal([4, 4, 1, 1], 1, "w")
    trainable @s = uniform([4, 1, 1], 1, 2, "s")
    %a : float32[N, 4, 5, 5] = conv(%x, @w) loc(/a)
    %scaled : float32[N, 4, 5, 5] = mul(%a, @s) loc(/scaled)
    %t : float32[N, 4, 5, 5] = tanh(%scaled) loc(/t)
    %y : float32[N, 4, 5, 5] = conv(%t, @w) loc(/y)
    return %y
  }`;
  const { ops } = rewrite("simplify", text);
  assert.equal(
    ops.map(({ kind, operands }) => `${kind} ${operands[1]?.name}`),
    ["conv w", "mul s", "tanh undefined", "conv w"],
  );
  assertKeepsValues("simplify", text);
});

test("zeros around a map become the padding of a convolution and of a counted mean", () => {
  const text = `graph "g" {
    input %x : float32[N, 2, 5, 5]
    trainable @w = normal([2, 2, 3, 3], 1, "w")
    %padded : float32[N, 2, 7, 8] = pad(%x) {before = [0, 0, 1, 2], after = [0, 0, 1, 1]} loc(/padded)
    %a : float32[N, 2, 7, 7] = conv(%padded, @w) {pads = [1, 0, 1, 1]} loc(/a)
    %again : float32[N, 2, 8, 7] = pad(%a) {before = [0, 0, 1, 0], after = [0, 0, 0, 0]} loc(/again)
    %y : float32[N, 2, 7, 6] = avg_pool(%again) {kernel = [2, 2]} loc(/y)
    return %y
  }`;
  assertRewrites(
    "simplify",
    text,
    `graph "g" {
      input %x : float32[N, 2, 5, 5]
      trainable @w = normal([2, 2, 3, 3], 1, "w")
      %a : float32[N, 2, 7, 7] = conv(%x, @w) {pads = [2, 2, 2, 2]} loc(/a by simplify)
      %y : float32[N, 2, 7, 6] = avg_pool(%a) {kernel = [2, 2], pads = [1, 0, 0, 0], countPadding = true} loc(/y by simplify)
      return %y
    }`,
  );
  assertKeepsValues("simplify", text);
});

test("padding that a pool would not count, or could not have, and more channels stay", () => {
  assertUnchanged(
    "simplify",
    `graph "g" {
      input %x : float32[N, 2, 5, 5]
      trainable @w = normal([2, 3, 1, 1], 1, "w")
      %a : float32[N, 2, 6, 5] = pad(%x) {before = [0, 0, 1, 0], after = [0, 0, 0, 0]} loc(/a)
      %b : float32[N, 2, 6, 5] = avg_pool(%a) {kernel = [2, 2], pads = [0, 1, 1, 0]} loc(/b)
      %c : float32[N, 2, 8, 5] = pad(%b) {before = [0, 0, 2, 0], after = [0, 0, 0, 0]} loc(/c)
      %d : float32[N, 2, 7, 4] = avg_pool(%c) {kernel = [2, 2]} loc(/d)
      %e : float32[N, 2, 8, 4] = pad(%d) {before = [0, 0, 1, 0], after = [0, 0, 0, 0]} loc(/e)
      %f : float32[N, 2, 7, 3] = max_pool(%e) {kernel = [2, 2]} loc(/f)
      %g : float32[N, 3, 7, 3] = pad(%f) {before = [0, 1, 0, 0], after = [0, 0, 0, 0]} loc(/g)
      %y : float32[N, 2, 7, 3] = conv(%g, @w) loc(/y)
      return %y
    }`,
  );
});

test("a product with a sum becomes one op, and other sums stay", () => {
  const text = `graph "g" {
    input %x : float32[N, 4]
    trainable @w = normal([4, 6], 1, "w")
    trainable @b = normal([1, 6], 1, "b")
    %p : float32[N, 6] = matmul(%x, @w) loc(/p)
    %y : float32[N, 6] = add(@b, %p) loc(/y)
    return %y
  }`;
  assert.equal(kindsAfter(text), ["general_gemm"]);
  assertKeepsValues("simplify", text);
  assertUnchanged(
    "simplify",
    `graph "rows" {
      input %x : float32[6, 4]
      trainable @w = normal([4, 6], 1, "w")
      trainable @rows = normal([6, 1], 1, "rows")
      trainable @more = normal([2, 6, 6], 1, "more")
      %p : float32[6, 6] = matmul(%x, @w) loc(/p)
      %q : float32[6, 6] = add(%p, @rows) loc(/q)
      %r : float32[6, 6] = matmul(%q, %q) loc(/r)
      %y : float32[2, 6, 6] = add(%r, @more) loc(/y)
      return %y
    }`,
  );
});

test("the steps of a hard sigmoid are one op, and stay where they are none", () => {
  const steps = (low: number): string => `graph "g" {
    input %x : float32[N, 4, 5, 5]
    trainable @w = normal([4, 4, 1, 1], 1, "w")
    fixed @three = constant([], 3)
    fixed @six = constant([], 6)
    %conv : float32[N, 4, 5, 5] = conv(%x, @w) loc(/conv)
    %moved : float32[N, 4, 5, 5] = add(%conv, @three) loc(/moved)
    %held : float32[N, 4, 5, 5] = clip(%moved) {low = ${low}, high = 6} loc(/held)
    %y : float32[N, 4, 5, 5] = div(%held, @six) loc(/y)
    return %y
  }`;
  assert.equal(kindsAfter(steps(0)), ["conv", "sloped_hard_sigmoid"]);
  assertKeepsValues("simplify", steps(0));
  assert.equal(kindsAfter(steps(1)), ["conv", "add", "clip", "div"]);
});

test("a sum by how many it is of is a mean, and by another number is none", () => {
  const by = (number: number, op: string): string => `graph "g" {
    input %x : float32[N, 4, 8, 4]
    fixed @number = constant([], ${number})
    %sum : float32[N, 4, 1, 1] = reduce_sum(%x) {axes = [2, 3]} loc(/sum)
    %mean : float32[N, 4, 1, 1] = ${op}(%sum, @number) loc(/mean)
    %y : float32[N, 4, 1, 1] = tanh(%mean) loc(/y)
    return %y
  }`;
  for (const text of [by(32, "div"), by(1 / 32, "mul")]) {
    assert.equal(kindsAfter(text), ["reduce_mean", "tanh"]);
    assertKeepsValues("simplify", text);
  }
  assert.equal(kindsAfter(by(31, "div")), ["reduce_sum", "div", "tanh"]);
});

test("the half of a GELU stays before a layer", () => {
  const text = `graph "g" {
    input %x : float32[N, 4]
    trainable @w = normal([4, 4], 1, "w")
    fixed @root = constant([], 1.4142135)
    fixed @one = constant([], 1)
    fixed @half = constant([], 0.5)
    %d : float32[N, 4] = div(%x, @root) loc(/d)
    %e : float32[N, 4] = erf(%d) loc(/e)
    %s : float32[N, 4] = add(%e, @one) loc(/s)
    %p : float32[N, 4] = mul(%x, %s) loc(/p)
    %h : float32[N, 4] = mul(%p, @half) loc(/h)
    %y : float32[N, 4] = gemm(%h, @w) loc(/y)
    return %y
  }`;
  assertUnchanged("simplify", text);
});

test("weights that are computed are computed where they are written", () => {
  const text = `graph "g" {
    input %x : float32[N, 3, 5, 5]
    trainable @v = normal([4, 3, 2, 2], 1, "v")
    fixed @least = constant([], 0.001)
    %mean : float32[4, 1, 1, 1] = reduce_mean(@v) {axes = [1, 2, 3]} loc(/mean)
    %centred : float32[4, 3, 2, 2] = sub(@v, %mean) loc(/centred)
    %squares : float32[4, 3, 2, 2] = mul(%centred, %centred) loc(/squares)
    %variance : float32[4, 1, 1, 1] = reduce_mean(%squares) {axes = [1, 2, 3]} loc(/variance)
    %sum : float32[4, 1, 1, 1] = add(%variance, @least) loc(/sum)
    %deviation : float32[4, 1, 1, 1] = sqrt(%sum) loc(/deviation)
    %weight : float32[4, 3, 2, 2] = div(%centred, %deviation) loc(/weight)
    %y : float32[N, 4, 4, 4] = conv(%x, %weight) loc(/y)
    return %y
  }`;
  const after = rewrite("simplify", text);
  assert.equal(
    after.ops.map(({ kind }) => kind),
    ["conv"],
  );
  assert.is(after.ops[0]?.operands[1]?.kind, "parameter");
  assert.is(printGraph(parseGraph(printGraph(after))), printGraph(after));
  assertKeepsValues("simplify", text);
});

test.run();

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parametersOf } from "../../src/ir/graph.js";
import { printGraph } from "../../src/ir/print.js";
import { assertRewrites, assertUnchanged, diagnosticsOf, rewrite } from "./support.js";

const test = suite("passes: lower-precision");

/** A layer, a squeeze, a gate over it, a large layer. */
const GATED = `graph "g" {
  input %x : float32[N, 8, 5, 4]
  trainable @a.weight = normal([8, 8, 1, 1], 0.5, "a.weight")
  trainable @gate.weight = normal([1, 1, 3, 1], 0.5, "gate.weight")
  %a : float32[N, 8, 5, 4] = conv(%x, @a.weight) loc(/a by fold-batch-norm)
  %pool : float32[N, 8, 1, 1] = global_avg_pool(%a) loc(/gate/pool)
  %row : float32[N, 1, 8, 1] = reshape(%pool) {shape = [0, 1, -1, 1]} loc(/gate/row)
  %mixed : float32[N, 1, 8, 1] = conv(%row, @gate.weight) {pads = [1, 0, 1, 0]} loc(/gate/conv)
  %open : float32[N, 1, 8, 1] = sigmoid(%mixed) loc(/gate/sigmoid)
  %back : float32[N, 8, 1, 1] = reshape(%open) {shape = [0, -1, 1, 1]} loc(/gate/back)
  %y : float32[N, 8, 5, 4] = mul(%a, %back) loc(/gate)
  return %y
}`;

test("layers are in half precision, a gate in float32 from its squeeze on, inputs and outputs as they were", () => {
  assertRewrites(
    "lower-precision",
    GATED,
    `graph "g" {
      input %x : float32[N, 8, 5, 4]
      trainable @a.weight : float16 = normal([8, 8, 1, 1], 0.5, "a.weight")
      trainable @gate.weight = normal([1, 1, 3, 1], 0.5, "gate.weight")
      %a/to_half : float16[N, 8, 5, 4] = cast(%x) {to = "float16"} loc(/a/to_half by lower-precision)
      %a : float16[N, 8, 5, 4] = conv(%a/to_half, @a.weight) loc(/a by fold-batch-norm)
      %pool/to_float : float32[N, 8, 5, 4] = cast(%a) {to = "float32"} loc(/gate/pool/to_float by lower-precision)
      %pool : float32[N, 8, 1, 1] = global_avg_pool(%pool/to_float) loc(/gate/pool)
      %row : float32[N, 1, 8, 1] = reshape(%pool) {shape = [0, 1, -1, 1]} loc(/gate/row)
      %mixed : float32[N, 1, 8, 1] = conv(%row, @gate.weight) {pads = [1, 0, 1, 0]} loc(/gate/conv)
      %open : float32[N, 1, 8, 1] = sigmoid(%mixed) loc(/gate/sigmoid)
      %back : float32[N, 8, 1, 1] = reshape(%open) {shape = [0, -1, 1, 1]} loc(/gate/back)
      %y/to_half : float16[N, 8, 1, 1] = cast(%back) {to = "float16"} loc(/gate/to_half by lower-precision)
      %y/half : float16[N, 8, 5, 4] = mul(%a, %y/to_half) loc(/gate)
      %y : float32[N, 8, 5, 4] = cast(%y/half) {to = "float32"} loc(/gate by lower-precision)
      return %y
    }`,
  );
});

test("an operator of someone else's goes on reading and giving what it did, all of its results", () => {
  const text = `graph "g" {
    input %x : float32[N, 8, 5, 4]
    trainable @a.weight = normal([8, 8, 1, 1], 0.5, "a.weight")
    %a : float32[N, 8, 5, 4] = conv(%x, @a.weight) loc(/a)
    %values : float32[N, 3, 5, 4], %places : int64[N, 3, 5, 4] = opaque(%a) {operator = "Best", domain = "com.example", node = 1, types = [["float32", "N", 3, 5, 4], ["int64", "N", 3, 5, 4]]} loc(/best)
    trainable @b.weight = normal([8, 3, 1, 1], 0.5, "b.weight")
    %b : float32[N, 8, 5, 4] = conv(%values, @b.weight) loc(/b)
    return %b, %places
  }`;
  const { ops, outputs } = rewrite("lower-precision", text);
  const best = ops.find(({ kind }) => kind === "opaque");
  assert.equal(
    [...(best?.operands ?? []), ...(best?.results ?? [])].map(({ type }) => type.dtype),
    ["float32", "float32", "int64"],
  );
  assert.equal(typesOf("lower-precision", text, "conv"), ["float16", "float16"]);
  assert.equal(
    outputs.map(({ name, type }) => `${name} ${type.dtype}`),
    ["b float32", "places int64"],
  );
});

test("a second run changes nothing", () => {
  assertUnchanged("lower-precision", printGraph(rewrite("lower-precision", GATED)));
});

/** The element types that the ops of a kind compute in, in order. */
function typesOf(pipeline: string, text: string, kind: string): readonly string[] {
  return rewrite(pipeline, text)
    .ops.filter((op) => op.kind === kind)
    .map((op) => op.results[0]?.type.dtype ?? "");
}

test("a layer with many weights is in half precision also behind a squeeze; the limit is an option", () => {
  for (const [pipeline, type] of [
    ["lower-precision{weights=3}", "float32"],
    ["lower-precision{weights=2}", "float16"],
  ] as const) {
    assert.equal(typesOf(pipeline, GATED, "conv"), ["float16", type]);
  }
});

test("a layer over a map is in half precision, whatever type the map comes in", () => {
  const text = `graph "g" {
    input %x : float32[N, 8, 5, 4]
    trainable @w = normal([8, 8, 1, 1], 1, "w")
    %r : float32[N, 8, 5, 4] = relu(%x) loc(/r)
    %p : float32[N, 8, 5, 4] = softmax(%r) {axis = 1} loc(/p)
    %s : float32[N, 8, 5, 4] = mul(%p, %p) loc(/s)
    %y : float32[N, 8, 5, 4] = conv(%s, @w) loc(/y)
    return %y
  }`;
  assert.equal(
    rewrite("lower-precision", text).ops.map((op) => [op.kind, op.results[0]?.type.dtype]),
    [
      ["relu", "float32"],
      ["softmax", "float32"],
      ["mul", "float32"],
      ["cast", "float16"],
      ["conv", "float16"],
      ["cast", "float32"],
    ],
  );
});

/** One layer of few weights before and behind a squeeze, as CBAM's over its two poolings. */
const SHARED = `graph "g" {
  input %x : float32[N, 8, 5, 4]
  trainable @w = normal([8, 8, 1, 1], 1, "w")
  fixed @two = constant([], 2)
  %a : float32[N, 8, 5, 4] = conv(%x, @w) loc(/a)
  %mean : float32[N, 8, 1, 1] = global_avg_pool(%a) loc(/mean)
  %b : float32[N, 8, 1, 1] = conv(%mean, @w) loc(/b)
  %c : float32[N, 8, 1, 1] = mul(%b, @two) loc(/c)
  %d : float32[N, 8, 5, 4] = mul(%a, @two) loc(/d)
  %y : float32[N, 8, 5, 4] = mul(%d, %c) loc(/y)
  return %y
}`;

test("ops that share weights compute in one type; a constant is had in both", () => {
  const graph = rewrite("lower-precision{weights=64}", SHARED);
  assert.equal(
    graph.ops.filter(({ kind }) => kind === "conv").map(({ results }) => results[0]?.type.dtype),
    ["float32", "float32"],
  );
  const lone = SHARED.replace("conv(%mean, @w)", "relu(%mean)");
  assert.equal(
    parametersOf(rewrite("lower-precision", lone)).map(({ name, type }) => `${name} ${type.dtype}`),
    ["w float16", "two float32", "two_1 float16"],
  );
});

test("a product with weights is a layer and in half precision, one of two computed tensors is not", () => {
  const text = `graph "g" {
    input %x : float32[N, 4, 8]
    trainable @w = normal([8, 8], 1, "w")
    %a : float32[N, 4, 8] = matmul(%x, @w) loc(/a)
    %b : float32[N, 4, 8] = relu(%a) loc(/b)
    %t : float32[N, 8, 4] = transpose(%b) {permutation = [0, 2, 1]} loc(/t)
    %c : float32[N, 4, 4] = matmul(%b, %t) loc(/c)
    return %c
  }`;
  assert.equal(typesOf("lower-precision", text, "matmul"), ["float16", "float32"]);
});

test("a division by a number that half precision has is in half precision; by a tiny one, or a computed one, not", () => {
  const dividedBy = (divisor: string): readonly string[] =>
    typesOf(
      "lower-precision{weights=0}",
      `graph "g" {
        input %x : float32[N, 8]
        fixed @d = constant([], ${divisor})
        trainable @w = normal([8, 8], 1, "w")
        %a : float32[N, 8] = gemm(%x, @w) loc(/a)
        %y : float32[N, 8] = div(%a, @d) loc(/y)
        return %y
      }`,
      "div",
    );
  assert.equal(dividedBy("1.4142135"), ["float16"]);
  assert.equal(dividedBy("0.00006103515625"), ["float16"]);
  assert.equal(dividedBy("0.00006"), ["float32"]);
  assert.equal(dividedBy("65504"), ["float16"]);
  assert.equal(dividedBy("65505"), ["float32"]);
});

test("a layer normalisation that is written out is in float32 whole, with a cast at either end", () => {
  const text = `graph "g" {
    input %x : float32[N, 4, 8]
    trainable @w = normal([8, 8], 1, "w")
    trainable @scale = constant([8], 1)
    fixed @two = constant([], 2)
    fixed @e = constant([], 0.00001)
    %a : float32[N, 4, 8] = matmul(%x, @w) loc(/a)
    %mean : float32[N, 4, 1] = reduce_mean(%a) {axes = [2]} loc(/mean)
    %d : float32[N, 4, 8] = sub(%a, %mean) loc(/d)
    %squares : float32[N, 4, 8] = pow(%d, @two) loc(/squares)
    %variance : float32[N, 4, 1] = reduce_mean(%squares) {axes = [2]} loc(/variance)
    %more : float32[N, 4, 1] = add(%variance, @e) loc(/more)
    %root : float32[N, 4, 1] = sqrt(%more) loc(/root)
    %n : float32[N, 4, 8] = div(%d, %root) loc(/n)
    %s : float32[N, 4, 8] = mul(%n, @scale) loc(/s)
    %y : float32[N, 4, 8] = matmul(%s, @w) loc(/y)
    return %y
  }`;
  const { ops } = rewrite("lower-precision", text);
  assert.equal(
    ops.flatMap(({ kind, results: [y] }) => (y?.type.dtype === "float16" ? [kind] : [])),
    ["cast", "matmul", "cast", "matmul"],
  );
  assert.equal(typesOf("lower-precision", text, "cast"), ["float16", "float32", "float16", "float32"]);
});

test("LayerNormalization is in half precision: it takes its statistics in float32", () => {
  const text = `graph "g" {
    input %x : float32[N, 4, 8]
    trainable @w = normal([8, 8], 1, "w")
    trainable @s = constant([8], 1)
    %a : float32[N, 4, 8] = matmul(%x, @w) loc(/a)
    %y : float32[N, 4, 8] = layer_norm(%a, @s) {axis = 2} loc(/y)
    return %y
  }`;
  assert.equal(typesOf("lower-precision", text, "layer_norm"), ["float16"]);
});

test("scopes can be kept in float32; a pattern that matches nothing is refused", () => {
  assert.equal(typesOf("lower-precision{keep=/a}", GATED, "conv"), ["float32", "float32"]);
  assert.equal(typesOf("lower-precision{keep=/**}", GATED, "mul"), ["float32"]);
  assert.equal(
    rewrite("lower-precision{keep=/**}", GATED).ops.some(({ kind }) => kind === "cast"),
    false,
  );
  const [diagnostic] = diagnosticsOf(() => rewrite("lower-precision{keep=/b/*}", GATED));
  assert.is(diagnostic?.code, "pass/no-match");
});

test("model-level ops are refused, with what must come before", () => {
  const text = `graph "g" {
    input %x : float32[N, 8, 5, 4]
    %y : float32[N, 8, 5, 4] = silu(%x) loc(/stem/act, "$.stem")
    return %y
  }`;
  const [diagnostic] = diagnosticsOf(() => rewrite("lower-precision", text));
  assert.is(diagnostic?.code, "pass/not-lowered");
  assert.match(diagnostic?.message ?? "", "silu at /stem/act");
  assert.match(diagnostic?.hint ?? "", "--precision fp16");
  assert.equal(typesOf("lower-activation,lower-precision", text, "mul"), ["float32"]);
});

test("a cast that is there already goes where its operand has its type by then", () => {
  const text = `graph "g" {
    input %x : float32[N, 8, 5, 4]
    trainable @w = normal([8, 8, 1, 1], 1, "w")
    trainable @v : float16 = normal([8, 8, 1, 1], 1, "v")
    %a : float32[N, 8, 5, 4] = conv(%x, @w) loc(/a)
    %h : float16[N, 8, 5, 4] = cast(%a) {to = "float16"} loc(/h)
    %b : float16[N, 8, 5, 4] = conv(%h, @v) loc(/b)
    %y : float32[N, 8, 5, 4] = cast(%b) {to = "float32"} loc(/y)
    return %y
  }`;
  assert.equal(
    rewrite("lower-precision", text).ops.map(({ kind }) => kind),
    ["cast", "conv", "conv", "cast"],
  );
});

test("lowering a gate of a graph in half precision gives parameters and constants in half precision", () => {
  const text = `graph "g" {
    input %x : float32[N, 8, 5, 4]
    %h : float16[N, 8, 5, 4] = cast(%x) {to = "float16"} loc(/h)
    %a : float16[N, 8, 5, 4] = attention.se-var1(%h) loc(/attention)
    %b : float16[N, 8, 5, 4] = gelu(%a) loc(/act)
    %y : float32[N, 8, 5, 4] = cast(%b) {to = "float32"} loc(/y)
    return %y
  }`;
  const graph = rewrite("swap-attention{to={type=se,ratio=0.5}},lower-attention,lower-activation", text);
  assert.ok(parametersOf(graph).length >= 5);
  for (const { name, type } of parametersOf(graph)) assert.is(type.dtype, "float16", name);
});

test.run();

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ACTIVATION_NAMES } from "../../src/ir/activations.js";
import { LOWERING_STRATEGIES, TARGETS } from "../../src/ir/attention/lowering/strategy.js";
import { printGraph } from "../../src/ir/print.js";
import { assertKeepsValues, assertRewrites, rewrite } from "./support.js";

const test = suite("passes: lower-attention");

const ECA = `graph "g" {
  input %x : float32[N, 6, 4, 5]
  trainable @b.attention.conv.weight = uniform([1, 1, 3], -0.5, 0.5, "w")
  %b/attention : float32[N, 6, 4, 5] = attention.eca(%x, @b.attention.conv.weight) {kernel = 3} loc(/b/attention, "$.b")
  return %b/attention
}`;

/** The location of a part of the gate. */
function at(part = ""): string {
  return `loc(/b/attention${part}, "$.b" by lower-attention)`;
}

test("ECA between reshapes: a 1×k convolution over a row of channels", () => {
  assertRewrites(
    "lower-attention{strategy=reshape}",
    ECA,
    `graph "g" {
      input %x : float32[N, 6, 4, 5]
      trainable @b.attention.conv.weight = uniform([1, 1, 1, 3], -0.5, 0.5, "w")
      %b/attention/pool : float32[N, 6, 1, 1] = global_avg_pool(%x) ${at("/pool")}
      %b/attention/enter : float32[N, 1, 1, 6] = reshape(%b/attention/pool) {shape = [0, 1, 1, -1]} ${at("/enter")}
      %b/attention/conv : float32[N, 1, 1, 6] = conv(%b/attention/enter, @b.attention.conv.weight) {pads = [0, 1, 0, 1]} ${at("/conv")}
      %b/attention/gate : float32[N, 1, 1, 6] = sigmoid(%b/attention/conv) ${at("/gate")}
      %b/attention/leave : float32[N, 6, 1, 1] = reshape(%b/attention/gate) {shape = [0, -1, 1, 1]} ${at("/leave")}
      %b/attention : float32[N, 6, 4, 5] = mul(%x, %b/attention/leave) ${at()}
      return %b/attention
    }`,
  );
});

test("ECA between transposes: a 1×k convolution over a row of channels", () => {
  assertRewrites(
    "lower-attention{strategy=transpose}",
    ECA,
    `graph "g" {
      input %x : float32[N, 6, 4, 5]
      trainable @b.attention.conv.weight = uniform([1, 1, 1, 3], -0.5, 0.5, "w")
      %b/attention/pool : float32[N, 6, 1, 1] = global_avg_pool(%x) ${at("/pool")}
      %b/attention/enter : float32[N, 1, 1, 6] = transpose(%b/attention/pool) {permutation = [0, 2, 3, 1]} ${at("/enter")}
      %b/attention/conv : float32[N, 1, 1, 6] = conv(%b/attention/enter, @b.attention.conv.weight) {pads = [0, 1, 0, 1]} ${at("/conv")}
      %b/attention/gate : float32[N, 1, 1, 6] = sigmoid(%b/attention/conv) ${at("/gate")}
      %b/attention/leave : float32[N, 6, 1, 1] = transpose(%b/attention/gate) {permutation = [0, 3, 1, 2]} ${at("/leave")}
      %b/attention : float32[N, 6, 4, 5] = mul(%x, %b/attention/leave) ${at()}
      return %b/attention
    }`,
  );
});

test("ECA computes the same in every form, also with a kernel that is wider than the channels", () => {
  const wide = ECA.replace("[1, 1, 3]", "[1, 1, 13]").replace("kernel = 3", "kernel = 13");
  for (const strategy of LOWERING_STRATEGIES) {
    for (const network of [ECA, wide]) assertKeepsValues(`lower-attention{strategy=${strategy}}`, network);
  }
});

test("the target chooses the form", () => {
  const forms = {
    portable: ["reshape", "reshape", "reshape"],
    cpu: ["banded", "transpose", "transpose"],
    gpu: ["banded", "banded", "transpose"],
  };
  for (const target of TARGETS)
    for (const [i, channels] of [6, 480, 672].entries()) {
      const text = ECA.replaceAll("N, 6,", `N, ${channels},`);
      assert.is(
        printGraph(rewrite(`lower-attention{target=${target}}`, text)),
        printGraph(rewrite(`lower-attention{strategy=${forms[target][i]}}`, text)),
      );
    }
});

test("a gate that no banded matrix says stays a row", () => {
  for (const attributes of ['padding = "circular"', 'squeeze = "both"', 'gate = "softmax"']) {
    const text = ECA.replace("kernel = 3", `kernel = 3, ${attributes}`);
    assert.is(
      printGraph(rewrite("lower-attention{strategy=banded}", text)),
      printGraph(rewrite("lower-attention{strategy=reshape}", text)),
    );
  }
});

test("a kernel that is computed is reshaped in the graph", () => {
  const computed = `graph "g" {
    input %x : float32[N, 4, 2, 2]
    input %w : float32[1, 1, 3]
    %y : float32[N, 4, 2, 2] = attention.eca(%x, %w) {kernel = 3} loc(/y)
    return %y
  }`;
  assert.match(
    printGraph(rewrite("lower-attention", computed)),
    "%y/weight : float32[1, 1, 1, 3] = reshape(%w) {shape = [1, 1, 1, 3]}",
  );
  assertKeepsValues("lower-attention", computed);
});

const SE = `graph "g" {
  input %x : float32[N, 4, 3, 3]
  trainable @b.attention.reduce.weight = normal([2, 4, 1, 1], 1, "reduce")
  trainable @b.attention.expand.weight = normal([4, 2, 1, 1], 1, "expand")
  trainable @b.attention.reduce.bias = constant([2], 0)
  trainable @b.attention.expand.bias = constant([4], 0)
  %b/attention : float32[N, 4, 3, 3] = attention.se(%x, @b.attention.reduce.weight, @b.attention.expand.weight, @b.attention.reduce.bias, @b.attention.expand.bias) {hidden = "silu"} loc(/b/attention, "$.b")
  return %b/attention
}`;

test("SE is two convolutions on the pooled map; its activation is left to lower-activation", () => {
  assertRewrites(
    "lower-attention",
    SE,
    `graph "g" {
      input %x : float32[N, 4, 3, 3]
      trainable @b.attention.reduce.weight = normal([2, 4, 1, 1], 1, "reduce")
      trainable @b.attention.reduce.bias = constant([2], 0)
      trainable @b.attention.expand.weight = normal([4, 2, 1, 1], 1, "expand")
      trainable @b.attention.expand.bias = constant([4], 0)
      %b/attention/pool : float32[N, 4, 1, 1] = global_avg_pool(%x) ${at("/pool")}
      %b/attention/reduce : float32[N, 2, 1, 1] = conv(%b/attention/pool, @b.attention.reduce.weight, @b.attention.reduce.bias) ${at("/reduce")}
      %b/attention/hidden : float32[N, 2, 1, 1] = silu(%b/attention/reduce) ${at("/hidden")}
      %b/attention/expand : float32[N, 4, 1, 1] = conv(%b/attention/hidden, @b.attention.expand.weight, @b.attention.expand.bias) ${at("/expand")}
      %b/attention/gate : float32[N, 4, 1, 1] = sigmoid(%b/attention/expand) ${at("/gate")}
      %b/attention : float32[N, 4, 3, 3] = mul(%x, %b/attention/gate) ${at()}
      return %b/attention
    }`,
  );
});

test("SE computes the same with every pair of activations", () => {
  for (const hidden of ACTIVATION_NAMES) {
    for (const gate of ["sigmoid", "hard_sigmoid", "tanh"]) {
      assertKeepsValues(
        "lower-attention",
        SE.replace('hidden = "silu"', `hidden = "${hidden}", gate = "${gate}"`),
      );
    }
  }
});

test("SE without biases has none afterwards, and computes the same", () => {
  const unbiased = SE.split("\n")
    .filter((line) => !line.includes(".bias = "))
    .join("\n")
    .replace(", @b.attention.reduce.bias, @b.attention.expand.bias", "");
  assert.not.match(printGraph(rewrite("lower-attention", unbiased)), "bias");
  assertKeepsValues("lower-attention", unbiased);
});

test.run();

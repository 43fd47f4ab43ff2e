import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parseGraph } from "../../src/ir/parse.js";
import { printGraph } from "../../src/ir/print.js";
import { runPasses } from "../../src/passes/engine/manager.js";
import { parsePipeline } from "../../src/passes/engine/pipeline.js";
import { assertKeepsValues, assertRewrites, assertUnchanged, rewrite } from "./support.js";

const test = suite("passes: fold-batch-norm");

/** The parameters of a normalisation called `prefix`, and its op over `x`. */
function norm(prefix: string, channels: number): string {
  return `trainable @${prefix}.weight = constant([${channels}], 1)
    trainable @${prefix}.bias = constant([${channels}], 0)
    buffer @${prefix}.running_mean = constant([${channels}], 0)
    buffer @${prefix}.running_var = constant([${channels}], 1)`;
}

function normOp(y: string, x: string, prefix: string, dims: string): string {
  const statistics = ["weight", "bias", "running_mean", "running_var"].map((name) => `@${prefix}.${name}`);
  return `%${y} : float32${dims} = batch_norm(%${x}, ${statistics.join(", ")}) {epsilon = 0.001} loc(/stem/norm, "$.stem")`;
}

const CONV_NORM_RELU = `graph "g" {
  input %x : float32[N, 2, 4, 4]
  trainable @stem.conv.weight = normal([3, 2, 1, 1], 0.5, "stem.conv.weight")
  ${norm("stem.norm", 3)}
  %stem/conv : float32[N, 3, 4, 4] = conv(%x, @stem.conv.weight) loc(/stem/conv, "$.stem")
  ${normOp("stem/norm", "stem/conv", "stem.norm", "[N, 3, 4, 4]")}
  %y : float32[N, 3, 4, 4] = relu(%stem/norm) loc(/stem/act, "$.stem")
  return %y
}`;

test("becomes the convolution's weight, of the same name, and a bias", () => {
  const factor = "div(constant([3], 1), sqrt(add(constant([3], 1), constant([], 0.001))))";
  assertRewrites(
    "fold-batch-norm",
    CONV_NORM_RELU,
    `graph "g" {
      input %x : float32[N, 2, 4, 4]
      trainable @stem.conv.weight = mul(normal([3, 2, 1, 1], 0.5, "stem.conv.weight"), ${factor})
      trainable @stem.conv.bias = sub(constant([3], 0), mul(constant([3], 0), ${factor}))
      %stem/conv : float32[N, 3, 4, 4] = conv(%x, @stem.conv.weight, @stem.conv.bias) loc(/stem/conv, "$.stem" by fold-batch-norm)
      %y : float32[N, 3, 4, 4] = relu(%stem/conv) loc(/stem/act, "$.stem")
      return %y
    }`,
  );
  assertKeepsValues("fold-batch-norm", CONV_NORM_RELU);
});

const GROUPED_WITH_BIAS = `graph "g" {
  input %x : float32[N, 4, 5, 5]
  trainable @w = normal([6, 2, 3, 3], 0.5, "w")
  trainable @offset = normal([6], 1, "offset")
  ${norm("norm", 6)}
  %c : float32[N, 6, 3, 3] = conv(%x, @w, @offset) {strides = [2, 2], pads = [1, 1, 1, 1], group = 2} loc(/conv)
  ${normOp("y", "c", "norm", "[N, 6, 3, 3]")}
  return %y
}`;

test("keeps the name of a bias that was there, the attributes, and the output's name", () => {
  const graph = rewrite("fold-batch-norm", GROUPED_WITH_BIAS);
  const [conv, ...more] = graph.ops;
  assert.is(more.length, 0);
  assert.equal(
    conv?.operands.map((operand) => operand.name),
    ["x", "w", "offset"],
  );
  assert.match(
    printGraph(graph),
    "%y : float32[N, 6, 3, 3] = conv(%x, @w, @offset) {strides = [2, 2], pads = [1, 1, 1, 1], group = 2}",
  );
  assertKeepsValues("fold-batch-norm", GROUPED_WITH_BIAS);
});

for (const [kind, x, y, weight] of [
  ["conv_1d", "[N, 4, 5]", "[N, 6, 5]", "[6, 4, 1]"],
  ["gemm", "[N, 4]", "[N, 6]", "[6, 4]"],
] as const) {
  test(`becomes part of a ${kind}`, () => {
    const text = `graph "g" {
      input %x : float32${x}
      trainable @w.weight = normal(${weight}, 0.5, "w")
      ${norm("norm", 6)}
      %layer : float32${y} = ${kind}(%x, @w.weight) loc(/layer)
      ${normOp("n", "layer", "norm", y)}
      %y : float32${y} = tanh(%n) loc(/y)
      return %y
    }`;
    const { ops } = rewrite("fold-batch-norm", text);
    assert.equal(
      ops.map((op) => op.kind),
      [kind, "tanh"],
    );
    assert.equal(
      ops[0]?.operands.map((operand) => operand.name),
      ["x", "w.weight", "w.bias"],
    );
    assertKeepsValues("fold-batch-norm", text);
  });
}

for (const [what, pipeline, weight, scale, kinds] of [
  ["fits", "fold-batch-norm", 2, 0.5, ["conv", "tanh"]],
  ["fits", "simplify", 2, 0.5, ["conv", "tanh"]],
  ["would be infinite", "fold-batch-norm", 1000, 100, ["conv", "batch_norm", "tanh"]],
  ["would be infinite", "simplify", 1000, 100, ["conv", "batch_norm", "tanh"]],
  ["would lose its digits", "simplify", 0.001, 0.01, ["conv", "batch_norm", "tanh"]],
] as const) {
  test(`${pipeline} of float16 weights of which one ${what}`, () => {
    const statistics = ["scale", "shift", "mean", "variance"].map((name) => `@${name}`).join(", ");
    const text = `graph "g" {
      input %x : float16[N, 2, 4, 4]
      trainable @w : float16 = constant([3, 2, 1, 1], ${weight})
      trainable @scale : float16 = constant([3], ${scale})
      trainable @shift : float16 = constant([3], 1)
      buffer @mean : float16 = constant([3], 0)
      buffer @variance : float16 = constant([3], 1)
      %c : float16[N, 3, 4, 4] = conv(%x, @w) loc(/c)
      %n : float16[N, 3, 4, 4] = batch_norm(%c, ${statistics}) {epsilon = 0.001} loc(/n)
      %y : float16[N, 3, 4, 4] = tanh(%n) loc(/y)
      return %y
    }`;
    const { graph, warnings } = runPasses(parseGraph(text), parsePipeline(pipeline));
    assert.equal(
      graph.ops.map(({ kind }) => kind),
      [...kinds],
    );
    assert.equal(
      warnings.map(({ code, message }) => [code, message]),
      what === "fits"
        ? []
        : [
            [
              "pass/no-match",
              `${pipeline}: the BatchNorm /n stays: folded in, weights or biases would be infinite in float16, or too small for its digits`,
            ],
          ],
    );
  });
}

test("a normalisation without a convolution before it stays", () => {
  assertUnchanged(
    "fold-batch-norm",
    `graph "g" {
      input %x : float32[N, 3, 4, 4]
      ${norm("norm", 3)}
      ${normOp("y", "x", "norm", "[N, 3, 4, 4]")}
      return %y
    }`,
  );
});

test("a convolution whose result someone else reads stays", () => {
  assertUnchanged(
    "fold-batch-norm",
    `graph "g" {
      input %x : float32[N, 2, 4, 4]
      trainable @w = normal([3, 2, 1, 1], 0.5, "w")
      ${norm("norm", 3)}
      %c : float32[N, 3, 4, 4] = conv(%x, @w) loc(/conv)
      ${normOp("n", "c", "norm", "[N, 3, 4, 4]")}
      %y : float32[N, 3, 4, 4] = add(%c, %n) loc(/add)
      return %y
    }`,
  );
});

test("a convolution that is an output itself stays", () => {
  assertUnchanged(
    "fold-batch-norm",
    `graph "g" {
      input %x : float32[N, 2, 4, 4]
      trainable @w = normal([3, 2, 1, 1], 0.5, "w")
      ${norm("norm", 3)}
      %c : float32[N, 3, 4, 4] = conv(%x, @w) loc(/conv)
      ${normOp("n", "c", "norm", "[N, 3, 4, 4]")}
      return %c, %n
    }`,
  );
});

test("a convolution whose weight is computed stays", () => {
  assertUnchanged(
    "fold-batch-norm",
    `graph "g" {
      input %x : float32[N, 2, 4, 4]
      input %w : float32[3, 2, 1, 1]
      ${norm("norm", 3)}
      %c : float32[N, 3, 4, 4] = conv(%x, %w) loc(/conv)
      ${normOp("y", "c", "norm", "[N, 3, 4, 4]")}
      return %y
    }`,
  );
});

const SHARED_WEIGHT = `graph "g" {
  input %x : float32[N, 2, 4, 4]
  trainable @w.weight = normal([2, 2, 1, 1], 0.5, "w")
  ${norm("a", 2)}
  ${norm("b", 2)}
  %c : float32[N, 2, 4, 4] = conv(%x, @w.weight) loc(/c)
  ${normOp("d", "c", "a", "[N, 2, 4, 4]")}
  %e : float32[N, 2, 4, 4] = conv(%d, @w.weight) loc(/e)
  ${normOp("y", "e", "b", "[N, 2, 4, 4]")}
  return %y
}`;

test("a weight that two convolutions read stays one: it is folded where both have the same normalisation", () => {
  assertUnchanged("fold-batch-norm", SHARED_WEIGHT);
  const same = SHARED_WEIGHT.replace(norm("b", 2), "").replaceAll("@b.", "@a.");
  const { ops } = rewrite("fold-batch-norm", same);
  assert.equal(
    ops.map(({ kind, operands }) => [kind, ...operands.slice(1).map(({ name }) => name)]),
    [
      ["conv", "w.weight", "w.bias"],
      ["conv", "w.weight", "w.bias"],
    ],
  );
  assertKeepsValues("fold-batch-norm", same);
  const otherEpsilon = same.replace("epsilon = 0.001", "epsilon = 0.5");
  assert.is.not(otherEpsilon, same);
  assertUnchanged("fold-batch-norm", otherEpsilon);
});

test.run();

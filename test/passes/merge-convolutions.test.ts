import { suite } from "uvu";
import * as assert from "uvu/assert";
import { countNetwork } from "../../src/analysis/counts.js";
import { specNetwork } from "../../src/given/spec-file.js";
import { isOp } from "../../src/ir/rewrite.js";
import { assertKeepsValues, assertSameValues, assertUnchanged, rewrite } from "./support.js";

const test = suite("passes: merge-convolutions");

function norm(prefix: string, channels: number): string {
  return ["weight", "bias", "running_mean", "running_var"]
    .map((name, i) => `${i < 2 ? "trainable" : "buffer"} @${prefix}.${name} = constant([${channels}], 1)`)
    .join("\n");
}

function normOf(y: string, x: string, prefix: string): string {
  const statistics = ["weight", "bias", "running_mean", "running_var"].map((name) => `@${prefix}.${name}`);
  return `%${y} = batch_norm(%${x}, ${statistics.join(", ")})`;
}

interface Sum {
  readonly groups?: number;
  readonly ops: string;
  readonly weights?: string;
}

/** A sum of convolutions of a map of 4 channels. */
function network({ ops, weights = "" }: Sum): string {
  return `graph "g" {
    input %x : float32[N, 4, 6, 5]
    ${weights}
    ${ops}
    return %y
  }`;
}

const kernels = (count: number, ...dims: number[]): string =>
  Array.from(
    { length: count },
    (_, i) => `trainable @w${i} = normal([${dims.join(", ")}], 0.4, "w${i}")`,
  ).join("\n");

function convolutions(graph: ReturnType<typeof rewrite>): number {
  return graph.ops.filter((op) => isOp(op, "conv")).length;
}

/** Asserts that the ops become one convolution, which computes the same. */
function assertMerged(text: string, kinds = ["conv"]): void {
  const graph = rewrite("merge-convolutions", text);
  assert.equal(
    graph.ops.map(({ kind }) => kind),
    kinds,
  );
  assertKeepsValues("merge-convolutions", text);
}

/** Ops with their type and their place, one in a line. */
function typed(text: string, dims = "[N, 4, 6, 5]"): string {
  return text.replaceAll(/%(\w+) = (.*)/g, `%$1 : float32${dims} = $2 loc(/$1)`);
}

test("RepVGG's three branches, with their normalisations", () => {
  const text = network({
    weights: `trainable @w = normal([4, 4, 3, 3], 0.4, "w")
      trainable @p = normal([4, 4, 1, 1], 0.4, "p")
      ${norm("a", 4)} ${norm("b", 4)} ${norm("c", 4)}`,
    ops: typed(`${normOf("i", "x", "a")}
      %f = conv(%x, @w) {pads = [1, 1, 1, 1]}
      ${normOf("g", "f", "b")}
      %p1 = conv(%x, @p)
      ${normOf("q", "p1", "c")}
      %s = add(%q, %g)
      %y = add(%s, %i)`),
  });
  assertMerged(text);
});

test("a map and a grouped convolution of it", () => {
  const text = network({
    weights: kernels(1, 4, 2, 3, 3),
    ops: typed(`%c = conv(%x, @w0) {pads = [1, 1, 1, 1], group = 2}
      %y = add(%x, %c)`),
  });
  assertMerged(text);
});

test("kernels that lie inside of a larger one, strided, with and without a bias", () => {
  const text = network({
    weights: `trainable @w = normal([4, 4, 3, 3], 0.4, "w")
      trainable @row = normal([4, 4, 1, 3], 0.4, "row")
      trainable @b = normal([4], 0.4, "b")`,
    ops: typed(
      `%c = conv(%x, @w) {pads = [1, 1, 1, 1], strides = [2, 2]}
      %d = conv(%x, @row, @b) {pads = [0, 1, 0, 1], strides = [2, 2]}
      %y = add(%d, %c)`,
      "[N, 4, 3, 3]",
    ),
  });
  assertMerged(text);
});

test("terms of two maps become two convolutions, and what is none stays in the sum", () => {
  const text = network({
    weights: `${kernels(3, 4, 4, 1, 1)}`,
    ops: typed(`%a = conv(%x, @w0)
      %r = relu(%x)
      %b = conv(%r, @w1)
      %c = conv(%x, @w2)
      %s = add(%a, %r)
      %t = add(%s, %b)
      %z = tanh(%x)
      %u = add(%t, %z)
      %y = add(%u, %c)`),
  });
  const graph = rewrite("merge-convolutions", text);
  assert.is(convolutions(graph), 2);
  assert.is(graph.ops.filter((op) => isOp(op, "add")).length, 2);
  assertKeepsValues("merge-convolutions", text);
});

test("what a sum has twice counts twice", () => {
  for (const sum of ["add(%c, %c)", "add(%x, %s)"]) {
    const text = network({
      weights: kernels(2, 4, 4, 1, 1),
      ops: typed(`%c = conv(%x, @w0)
        %d = conv(%x, @w1)
        %s = add(%c, %d)
        %t = ${sum}
        %u = add(%t, %t)
        %y = add(%u, %x)`),
    });
    assertKeepsValues("merge-convolutions", text);
  }
});

const refused: Readonly<Record<string, Sum>> = {
  "a result that another op reads, too": {
    weights: kernels(2, 4, 4, 1, 1),
    ops: typed(`%a = conv(%x, @w0)
      %b = conv(%x, @w1)
      %r = relu(%a)
      %q = relu(%b)
      %s = add(%a, %b)
      %t = add(%s, %r)
      %y = add(%t, %q)`),
  },
  "a weight that both read": {
    weights: kernels(1, 4, 4, 1, 1),
    ops: typed(`%c = conv(%x, @w0)
      %d = conv(%x, @w0)
      %y = add(%c, %d)`),
  },
  "other groups": {
    weights: `trainable @a = normal([4, 4, 1, 1], 0.4, "a") trainable @b = normal([4, 2, 1, 1], 0.4, "b")`,
    ops: typed(`%c = conv(%x, @a)
      %d = conv(%x, @b) {group = 2}
      %y = add(%c, %d)`),
  },
  "kernels of which none is inside of the other": {
    weights: `trainable @a = normal([4, 4, 1, 3], 0.4, "a") trainable @b = normal([4, 4, 3, 1], 0.4, "b")`,
    ops: typed(`%c = conv(%x, @a) {pads = [0, 1, 0, 1]}
      %d = conv(%x, @b) {pads = [1, 0, 1, 0]}
      %y = add(%c, %d)`),
  },
  "a dilated kernel": {
    weights: `trainable @a = normal([4, 4, 3, 3], 0.4, "a") trainable @b = normal([4, 4, 1, 1], 0.4, "b")`,
    ops: typed(`%c = conv(%x, @a) {pads = [2, 2, 2, 2], dilations = [2, 2]}
      %d = conv(%x, @b)
      %y = add(%c, %d)`),
  },
  "a map of one channel, which is repeated": {
    weights: `trainable @a = normal([4, 4, 1, 1], 0.4, "a") trainable @b = normal([1, 4, 1, 1], 0.4, "b")`,
    ops: `${typed("%c = conv(%x, @a)")}
      ${typed("%d = conv(%x, @b)", "[N, 1, 6, 5]")}
      ${typed("%y = add(%c, %d)")}`,
  },
};
for (const [why, sum] of Object.entries(refused)) {
  test(`stays: ${why}`, () => assertUnchanged("merge-convolutions", network(sum)));
}

for (const [name, parameters] of [
  ["repvgg-a0", 8_309_384],
  ["mobileone-s0", 2_078_504],
] as const) {
  test(`${name} has the parameters of the authors' reparametrised network, and computes the same`, () => {
    const { graph } = specNetwork(`${name}-merged`, { resolution: 32 });
    assert.is(countNetwork(graph).parameters, parameters);
    assert.not(graph.ops.some(({ kind }) => kind === "add" || kind === "batch_norm"));
    const before = specNetwork(name, { resolution: 32, passes: "stress-weights" }).graph;
    const after = specNetwork(name, { resolution: 32, passes: "stress-weights,merge-convolutions" }).graph;
    assertSameValues(before, after, 1e-4);
  });
}

test.run();

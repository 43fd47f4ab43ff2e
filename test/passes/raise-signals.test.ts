import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parseGraph } from "../../src/ir/parse.js";
import { runPasses } from "../../src/passes/engine/manager.js";
import { parsePipeline } from "../../src/passes/engine/pipeline.js";
import { raiseAttention } from "../../src/passes/raise/raise-attention.js";
import { assertSameValues, rewrite } from "./support.js";

/** Gates of signals [N, C, L] and [N, L, C], as one-dimensional networks have them. */
const test = suite("passes: gates of signals");

const SIGNAL = "float32[N, 8, 6]";
const ROW = "float32[N, 8, 1]";

interface Signal {
  readonly kind: string;
  readonly parameters: number;
  /** Lines from the mean %p [N, 8, 1] to the gate %g. */
  readonly lines: readonly string[];
  /** Parameters that the lines read. */
  readonly weights?: readonly string[];
}

const SIGNALS: { readonly [what: string]: Signal } = {
  "eSE with a hard sigmoid": {
    kind: "ese",
    parameters: 72,
    weights: [`@w = normal([8, 8, 1], 0.5, "w")`, `@b = normal([8], 0.5, "b")`],
    lines: [`%h : ${ROW} = conv_1d(%p, @w, @b)`, `%g : ${ROW} = sloped_hard_sigmoid(%h) `],
  },
  "eSE by MatMul": {
    kind: "ese",
    parameters: 72,
    weights: [`@w = normal([8, 8], 0.5, "w")`, `@b = normal([8], 0.5, "b")`],
    lines: [
      `%r : float32[N, 8] = flatten(%p)`,
      `%m : float32[N, 8] = matmul(%r, @w)`,
      `%h : float32[N, 8] = add(%m, @b)`,
      `%s : float32[N, 8] = sigmoid(%h)`,
      `%g : ${ROW} = unsqueeze(%s) {axes = [2]}`,
    ],
  },
  "SE-Var1": { kind: "se-var1", parameters: 0, lines: [`%g : ${ROW} = sigmoid(%p)`] },
  "SE-Var2": {
    kind: "se-var2",
    parameters: 8,
    weights: [`@w = normal([8, 1], 0.5, "w")`],
    lines: [`%h : ${ROW} = mul(%p, @w)`, `%g : ${ROW} = sigmoid(%h)`],
  },
  "SE-Var2 as a depthwise convolution": {
    kind: "se-gc",
    parameters: 8,
    weights: [`@w = normal([8, 1, 1], 0.5, "w")`],
    lines: [`%h : ${ROW} = conv_1d(%p, @w) {group = 8}`, `%g : ${ROW} = sigmoid(%h)`],
  },
  "SE-Var3": {
    kind: "se-var3",
    parameters: 64,
    weights: [`@w = normal([8, 8, 1], 0.5, "w")`],
    lines: [`%h : ${ROW} = conv_1d(%p, @w)`, `%g : ${ROW} = sigmoid(%h)`],
  },
  "SE-GC": {
    kind: "se-gc",
    parameters: 32,
    weights: [`@w = normal([8, 4, 1], 0.5, "w")`],
    lines: [`%h : ${ROW} = conv_1d(%p, @w) {group = 2}`, `%g : ${ROW} = sigmoid(%h)`],
  },
  ECA: {
    kind: "eca",
    parameters: 3,
    weights: [`@w = normal([1, 1, 3], 0.5, "w")`],
    lines: [
      `%q : float32[N, 1, 8] = transpose(%p) {permutation = [0, 2, 1]}`,
      `%h : float32[N, 1, 8] = conv_1d(%q, @w) {pads = [1, 1]}`,
      `%s : float32[N, 1, 8] = sigmoid(%h)`,
      `%g : ${ROW} = transpose(%s) {permutation = [0, 2, 1]}`,
    ],
  },
  ECAM: {
    kind: "ecam",
    parameters: 4 + 4 + 12 + 1,
    weights: [
      `@w = normal([4, 1, 1], 0.5, "w")`,
      `@b = normal([4], 0.5, "b")`,
      `@v = normal([1, 4, 3], 0.5, "v")`,
      `@c = normal([1], 0.5, "c")`,
    ],
    lines: [
      `%q : float32[N, 1, 8] = reshape(%p) {shape = [0, 1, -1]}`,
      `%e : float32[N, 4, 8] = conv_1d(%q, @w, @b)`,
      `%a : float32[N, 4, 8] = relu(%e)`,
      `%h : float32[N, 1, 8] = conv_1d(%a, @v, @c) {pads = [1, 1]}`,
      `%s : float32[N, 1, 8] = sigmoid(%h)`,
      `%g : ${ROW} = reshape(%s) {shape = [0, -1, 1]}`,
    ],
  },
};

function textOf({ lines, weights = [] }: Signal, isLast: boolean): string {
  const input = isLast ? "float32[N, 6, 8]" : SIGNAL;
  const first = isLast
    ? `%t : ${SIGNAL} = transpose(%x) {permutation = [0, 2, 1]} loc(/a)`
    : `%t : ${SIGNAL} = identity(%x) loc(/a)`;
  return `graph "g" {
    input %x : ${input}
    ${weights.map((weight) => `trainable ${weight}`).join("\n")}
    ${first}
    %p : ${ROW} = reduce_mean(%t) {axes = [2]} loc(/a)
    ${lines.map((line) => `${line} loc(/a)`).join("\n")}
    %y : ${SIGNAL} = mul(%t, %g) loc(/a)
    return %y
  }`;
}

for (const [what, signal] of Object.entries(SIGNALS)) {
  for (const isLast of [false, true]) {
    test(`${what}, channels ${isLast ? "last" : "first"}: it is found, and computes what it did`, () => {
      const graph = parseGraph(textOf(signal, isLast));
      const { graph: raised, raised: gates, rejected } = raiseAttention(graph);
      assert.equal(rejected, []);
      assert.equal(
        gates.map(({ kind, parameters }) => [kind, parameters]),
        [[signal.kind, signal.parameters]],
      );
      assertSameValues(graph, raised);
    });
  }
}

for (const type of ["se", "eca", "ecam", "ese", "se-var1", "se-var2", "se-var3", "se-gc", "eca-ns"]) {
  test(`${type} of a signal, lowered, is found again`, () => {
    const text = `graph "g" {
      input %x : float32[N, 16, 6]
      trainable @w = constant([16, 16, 1], 0.25)
      %g : float32[N, 16, 1] = reduce_mean(%x) {axes = [2]} loc(/a)
      %s : float32[N, 16, 1] = sigmoid(%g) loc(/a)
      %y : float32[N, 16, 6] = mul(%x, %s) loc(/a)
      return %y
    }`;
    const options = type === "se" ? "{type=se,ratio=0.25}" : type;
    const swap = `raise-attention,swap-attention{from=se-var1,to=${options}},stress-weights`;
    const before = rewrite(type === "se-var1" ? "raise-attention" : swap, text);
    const lowered = runPasses(before, parsePipeline("lower-attention,lower-activation")).graph;
    const { graph, raised } = raiseAttention(lowered);
    assert.equal(
      raised.map(({ kind }) => kind),
      [type],
    );
    assertSameValues(before, graph);
  });
}

test.run();

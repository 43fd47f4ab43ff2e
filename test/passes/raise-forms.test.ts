import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Graph } from "../../src/ir/graph.js";
import { parametersOf } from "../../src/ir/graph.js";
import { parseGraph } from "../../src/ir/parse.js";
import { printGraph } from "../../src/ir/print.js";
import { elementCount } from "../../src/ir/types.js";
import { runPasses } from "../../src/passes/engine/manager.js";
import { parsePipeline } from "../../src/passes/engine/pipeline.js";
import { raiseAttention } from "../../src/passes/raise/raise-attention.js";
import { evaluateGraph } from "../../src/reference/interpreter.js";
import { assertSameValues, numbersOf, randomInputs } from "./support.js";

/**
 * Gates in the forms that exporters write, swapped for ECA: what comes out is compared with the equation of ECA, computed here
 * element by element.
 */
const test = suite("passes: gates of all forms");

const C = 8;

interface Form {
  /** Sizes of the input, channels last or first. */
  readonly input: string;
  readonly last?: true;
  /** Whether the map is added to the gated one. */
  readonly residual?: true;
  /** Scalars of a normalisation that the gate has beside its layers. */
  readonly norm?: number;
  /** Lines from %x to %y. */
  readonly lines: readonly string[];
}

const ROW = `float32[N, ${C}]`;

/** Layers on a row [N, C] %r, to the gate %g [N, C]. */
const DENSE = [
  `%h1 : float32[N, 4] = matmul(%r, @w1)`,
  `%h2 : float32[N, 4] = add(%h1, @b1)`,
  `%h3 : float32[N, 4] = relu(%h2)`,
  `%g1 : ${ROW} = matmul(%h3, @w2)`,
  `%g2 : ${ROW} = add(%g1, @b2)`,
  `%g : ${ROW} = sigmoid(%g2)`,
];

/** Layers on %p [N, C, 1, …], to the gate %g. */
const convolutions = (places: string, conv: string, one: string): readonly string[] => [
  `%h1 : float32[N, 4${places}] = ${conv}(%p, @c1${one}, @b1)`,
  `%h2 : float32[N, 4${places}] = relu(%h1)`,
  `%g1 : float32[N, ${C}${places}] = ${conv}(%h2, @c2${one}, @b2)`,
  `%g : float32[N, ${C}${places}] = sigmoid(%g1)`,
];

const KEPT = (value: string): string => `identity(${value})`;
const NORM = (size: number) => (value: string) =>
  `batch_norm(${value}, @s${size}, @h${size}, @m${size}, @v${size}) {epsilon = 0.01}`;

/** Convolutions on the mean of %x, to %y, with a step before them and one behind each. */
const layersWith = ({ first = KEPT, reduced = KEPT, expanded = KEPT }): readonly string[] => {
  const [four, all] = ["float32[N, 4, 1, 1]", `float32[N, ${C}, 1, 1]`];
  return [
    `%m : ${all} = reduce_mean(%x) {axes = [2, 3]}`,
    `%p : ${all} = ${first("%m")}`,
    `%h1 : ${four} = conv(%p, @c1_2d, @b1)`,
    `%h2 : ${four} = ${reduced("%h1")}`,
    `%h3 : ${four} = relu(%h2)`,
    `%g1 : ${all} = conv(%h3, @c2_2d, @b2)`,
    `%g2 : ${all} = ${expanded("%g1")}`,
    `%g : ${all} = sigmoid(%g2)`,
    `%y : ${MAP} = mul(%x, %g)`,
  ];
};

const LAST = `float32[N, 5, 4, ${C}]`;
const LAST_ROW = `float32[N, 1, 1, ${C}]`;
const SIGNAL = `float32[N, ${C}, 6]`;
const SIGNAL_LAST = `float32[N, 6, ${C}]`;
const MAP = `float32[N, ${C}, 5, 4]`;
const DENSE_LAST = [
  ...DENSE,
  `%gate : ${LAST_ROW} = reshape(%g) {shape = [-1, 1, 1, ${C}]}`,
  `%y : ${LAST} = mul(%x, %gate)`,
];

const FORMS: { readonly [what: string]: Form } = {
  "channels last, layers of MatMul": {
    input: LAST,
    last: true,
    lines: [`%r : ${ROW} = reduce_mean(%x) {axes = [1, 2], keepdims = false}`, ...DENSE_LAST],
  },
  "a map of one pixel, behind its gate in the product": {
    input: `float32[N, ${C}, 1, 1]`,
    lines: [
      `%p : float32[N, ${C}, 1, 1] = global_avg_pool(%x)`,
      ...convolutions(", 1, 1", "conv", "_2d"),
      `%y : float32[N, ${C}, 1, 1] = mul(%g, %x)`,
    ],
  },
  "channels last, one axis after the other": {
    input: LAST,
    last: true,
    lines: [
      `%m : float32[N, 5, 1, ${C}] = reduce_mean(%x) {axes = [2]}`,
      `%n : ${LAST_ROW} = reduce_mean(%m) {axes = [1]}`,
      `%r : ${ROW} = squeeze(%n) {axes = [1, 2]}`,
      ...DENSE_LAST,
    ],
  },
  "channels last, a Squeeze after each axis": {
    input: LAST,
    last: true,
    lines: [
      `%m : float32[N, 5, 1, ${C}] = reduce_mean(%x) {axes = [2]}`,
      `%ms : float32[N, 5, ${C}] = squeeze(%m) {axes = [2]}`,
      `%n : float32[N, 1, ${C}] = reduce_mean(%ms) {axes = [1]}`,
      `%r : ${ROW} = squeeze(%n) {axes = [1]}`,
      ...DENSE_LAST,
    ],
  },
  "channels last, convolutions between Transposes": {
    input: LAST,
    last: true,
    lines: [
      `%m : ${LAST_ROW} = reduce_mean(%x) {axes = [1, 2]}`,
      `%p : float32[N, ${C}, 1, 1] = transpose(%m) {permutation = [0, 3, 1, 2]}`,
      ...convolutions(", 1, 1", "conv", "_2d"),
      `%gate : ${LAST_ROW} = transpose(%g) {permutation = [0, 2, 3, 1]}`,
      `%y : ${LAST} = mul(%gate, %x)`,
    ],
  },
  "channels last, a mean over the flattened places": {
    input: LAST,
    last: true,
    lines: [
      `%f : float32[N, 20, ${C}] = reshape(%x) {shape = [0, -1, ${C}]}`,
      `%r : ${ROW} = reduce_mean(%f) {axes = [1], keepdims = false}`,
      ...DENSE_LAST,
    ],
  },
  "channels last behind a Transpose, a Squeeze after each axis": {
    input: MAP,
    lines: [
      `%l : ${LAST} = transpose(%x) {permutation = [0, 2, 3, 1]}`,
      `%m : float32[N, 5, 1, ${C}] = reduce_mean(%l) {axes = [2]}`,
      `%ms : float32[N, 5, ${C}] = squeeze(%m) {axes = [2]}`,
      `%n : float32[N, 1, ${C}] = reduce_mean(%ms) {axes = [1]}`,
      `%r : ${ROW} = squeeze(%n) {axes = [1]}`,
      ...DENSE,
      `%gate : ${LAST_ROW} = reshape(%g) {shape = [-1, 1, 1, ${C}]}`,
      `%z : ${LAST} = mul(%l, %gate)`,
      `%y : ${MAP} = transpose(%z) {permutation = [0, 3, 1, 2]}`,
    ],
  },
  "a pool that reads the map through an Identity": {
    input: MAP,
    lines: [
      `%i : ${MAP} = identity(%x)`,
      `%r : ${ROW} = reduce_mean(%i) {axes = [2, 3], keepdims = false}`,
      ...DENSE,
      `%gate : float32[N, ${C}, 1, 1] = reshape(%g) {shape = [0, ${C}, 1, 1]}`,
      `%y : ${MAP} = mul(%x, %gate)`,
    ],
  },
  "channels last, the map added to it": {
    input: LAST,
    last: true,
    residual: true,
    lines: [
      `%r : ${ROW} = reduce_mean(%x) {axes = [1, 2], keepdims = false}`,
      ...DENSE,
      `%gate : ${LAST_ROW} = reshape(%g) {shape = [-1, 1, 1, ${C}]}`,
      `%e : ${LAST_ROW} = add(@one, %gate)`,
      `%y : ${LAST} = mul(%x, %e)`,
    ],
  },
  "a signal, a mean and one-dimensional convolutions": {
    input: SIGNAL,
    lines: [
      `%p : float32[N, ${C}, 1] = reduce_mean(%x) {axes = [2]}`,
      ...convolutions(", 1", "conv_1d", "_1d"),
      `%y : ${SIGNAL} = mul(%x, %g)`,
    ],
  },
  "a signal, a global pool and MatMul": {
    input: SIGNAL,
    lines: [
      `%p : float32[N, ${C}, 1] = global_avg_pool(%x)`,
      `%r : ${ROW} = flatten(%p)`,
      ...DENSE,
      `%gate : float32[N, ${C}, 1] = unsqueeze(%g) {axes = [2]}`,
      `%y : ${SIGNAL} = mul(%gate, %x)`,
    ],
  },
  "a signal channels last": {
    input: SIGNAL_LAST,
    last: true,
    lines: [
      `%r : ${ROW} = reduce_mean(%x) {axes = [1], keepdims = false}`,
      ...DENSE,
      `%gate : float32[N, 1, ${C}] = unsqueeze(%g) {axes = [1]}`,
      `%y : ${SIGNAL_LAST} = mul(%x, %gate)`,
    ],
  },
  "x · (1 + g), with the 1 before the Reshape": {
    input: MAP,
    residual: true,
    lines: [
      `%r : ${ROW} = reduce_mean(%x) {axes = [2, 3], keepdims = false}`,
      ...DENSE,
      `%e : ${ROW} = add(%g, @one)`,
      `%gate : float32[N, ${C}, 1, 1] = reshape(%e) {shape = [0, ${C}, 1, 1]}`,
      `%y : ${MAP} = mul(%gate, %x)`,
    ],
  },
  "x + x · g": {
    input: MAP,
    residual: true,
    lines: [
      `%r : ${ROW} = reduce_mean(%x) {axes = [2, 3], keepdims = false}`,
      ...DENSE,
      `%gate : float32[N, ${C}, 1, 1] = reshape(%g) {shape = [0, ${C}, 1, 1]}`,
      `%z : ${MAP} = mul(%gate, %x)`,
      `%y : ${MAP} = add(%x, %z)`,
    ],
  },
  "a BatchNorm behind the first layer": {
    input: MAP,
    norm: 2 * 4,
    lines: layersWith({ reduced: NORM(4) }),
  },
  "a BatchNorm behind each layer": {
    input: MAP,
    lines: layersWith({ reduced: NORM(4), expanded: NORM(C) }),
  },
  "a BatchNorm before the layers": { input: MAP, lines: layersWith({ first: NORM(C) }) },
  "a factor for each channel before the layers and behind them": {
    input: MAP,
    lines: layersWith({ first: (p) => `mul(@s${C}_2d, ${p})`, expanded: (g) => `mul(${g}, @s${C}_2d)` }),
  },
  "a scale and a bias by Mul and Add": {
    input: MAP,
    lines: [
      `%r : ${ROW} = reduce_mean(%x) {axes = [2, 3], keepdims = false}`,
      `%h1 : float32[N, 4] = matmul(%r, @w1)`,
      `%h2 : float32[N, 4] = add(%h1, @b1)`,
      `%hs : float32[N, 4] = mul(@s4, %h2)`,
      `%hb : float32[N, 4] = add(%hs, @h4)`,
      `%h3 : float32[N, 4] = relu(%hb)`,
      `%g1 : ${ROW} = matmul(%h3, @w2)`,
      `%g2 : ${ROW} = add(%g1, @b2)`,
      `%gs : ${ROW} = mul(%g2, @s${C})`,
      `%gb : ${ROW} = add(@h${C}, %gs)`,
      `%g : ${ROW} = sigmoid(%gb)`,
      `%gate : float32[N, ${C}, 1, 1] = reshape(%g) {shape = [0, ${C}, 1, 1]}`,
      `%y : ${MAP} = mul(%x, %gate)`,
    ],
  },
  "a normalisation by Sub and Div, channels last": {
    input: LAST,
    last: true,
    lines: [
      `%r0 : ${ROW} = reduce_mean(%x) {axes = [1, 2], keepdims = false}`,
      `%r1 : ${ROW} = sub(%r0, @m${C})`,
      `%r : ${ROW} = div(%r1, @v${C})`,
      ...DENSE_LAST,
    ],
  },
  "a map that equal ops compute twice": {
    input: MAP,
    lines: [
      `%n : ${MAP} = neg(%x)`,
      `%a : ${MAP} = neg(%n)`,
      `%b : ${MAP} = neg(%n)`,
      `%r : ${ROW} = reduce_mean(%a) {axes = [2, 3], keepdims = false}`,
      ...DENSE,
      `%gate : float32[N, ${C}, 1, 1] = reshape(%g) {shape = [0, ${C}, 1, 1]}`,
      `%y : ${MAP} = mul(%b, %gate)`,
    ],
  },
  "a map that two equal ways lead to, channels last": {
    input: LAST,
    last: true,
    lines: [
      `%a0 : ${LAST} = neg(%x)`,
      `%a : ${LAST} = neg(%a0)`,
      `%r : ${ROW} = reduce_mean(%a) {axes = [1, 2], keepdims = false}`,
      ...DENSE,
      `%b0 : ${LAST} = neg(%x)`,
      `%b : ${LAST} = neg(%b0)`,
      `%gate : ${LAST_ROW} = reshape(%g) {shape = [-1, 1, 1, ${C}]}`,
      `%y : ${LAST} = mul(%b, %gate)`,
    ],
  },
  "one-dimensional convolutions on what was squeezed": {
    input: MAP,
    lines: [
      `%m : ${ROW} = reduce_mean(%x) {axes = [2, 3], keepdims = false}`,
      `%p : float32[N, ${C}, 1] = unsqueeze(%m) {axes = [2]}`,
      ...convolutions(", 1", "conv_1d", "_1d"),
      `%gate : float32[N, ${C}, 1, 1] = unsqueeze(%g) {axes = [3]}`,
      `%y : ${MAP} = mul(%x, %gate)`,
    ],
  },
};

function normParameters(size: number): string {
  return `trainable @s${size} = uniform([${size}], 0.5, 1.5, "s${size}")
    trainable @h${size} = normal([${size}], 0.5, "h${size}")
    buffer @m${size} = normal([${size}], 0.5, "m${size}")
    buffer @v${size} = uniform([${size}], 0.5, 1.5, "v${size}")`;
}

function graphOf({ input, lines }: Form): Graph {
  return parseGraph(`graph "g" {
    input %x : ${input}
    fixed @one = constant([], 1)
    trainable @w1 = normal([${C}, 4], 0.5, "w1")
    trainable @b1 = normal([4], 0.5, "b1")
    trainable @w2 = normal([4, ${C}], 0.5, "w2")
    trainable @b2 = normal([${C}], 0.5, "b2")
    trainable @c1_1d = normal([4, ${C}, 1], 0.5, "c1")
    trainable @c2_1d = normal([${C}, 4, 1], 0.5, "c2")
    trainable @c1_2d = normal([4, ${C}, 1, 1], 0.5, "c1")
    trainable @c2_2d = normal([${C}, 4, 1, 1], 0.5, "c2")
    ${[4, C].map(normParameters).join("\n")}
    trainable @s${C}_2d = uniform([${C}, 1, 1], 0.5, 1.5, "s")
    ${lines.map((line) => `${line} loc(/b/se)`).join("\n")}
    return %y
  }`);
}

/** ECA of some taps, by its equation: of an input that lies as the form has it. */
function ecaOf(form: Form, dims: readonly number[], x: ArrayLike<number>, taps: ArrayLike<number>): number[] {
  const [batch = 0] = dims;
  const places = elementCount(dims) / batch / C;
  const at = (n: number, c: number, p: number): number =>
    form.last ? (n * places + p) * C + c : (n * C + c) * places + p;
  const means = Array.from({ length: batch }, (_, n) =>
    Array.from({ length: C }, (__, c) => {
      let sum = 0;
      for (let p = 0; p < places; p++) sum += x[at(n, c, p)] ?? Number.NaN;
      return sum / places;
    }),
  );
  const y = new Array<number>(elementCount(dims)).fill(Number.NaN);
  for (let n = 0; n < batch; n++) {
    for (let c = 0; c < C; c++) {
      let score = 0;
      for (let j = 0; j < taps.length; j++)
        score += (taps[j] ?? 0) * (means[n]?.[c + j - (taps.length - 1) / 2] ?? 0);
      const factor = 1 / (1 + Math.exp(-score)) + (form.residual ? 1 : 0);
      for (let p = 0; p < places; p++) y[at(n, c, p)] = (x[at(n, c, p)] ?? Number.NaN) * factor;
    }
  }
  return y;
}

for (const [what, form] of Object.entries(FORMS)) {
  test(`${what}: it is found, keeps its values, and can be ECA`, () => {
    const graph = graphOf(form);
    const { graph: raised, raised: gates, rejected } = raiseAttention(graph);
    assert.equal(rejected, []);
    assert.equal(
      gates.map(({ kind, channels, parameters }) => [kind, channels, parameters]),
      [["se", C, 2 * 4 * C + 4 + C + (form.norm ?? 0)]],
    );
    assertSameValues(graph, raised);
    const pipeline = "swap-attention{from=se,to=eca},lower-attention{strategy=auto}";
    const { graph: swapped } = runPasses(raised, parsePipeline(pipeline));
    const [taps] = parametersOf(swapped).filter(({ name }) => name.endsWith("conv.weight"));
    assert.ok(taps);
    assert.is(parametersOf(swapped).filter(({ role }) => role === "trainable").length, 1);
    const inputs = randomInputs(graph, 3);
    const x = inputs.get("x");
    const [y] = evaluateGraph(swapped, inputs, numbersOf).values();
    const expected = ecaOf(form, x?.dims ?? [], x?.data ?? [], numbersOf(taps).data);
    assert.equal(y?.dims, x?.dims);
    const far = Math.max(...expected.map((each, i) => Math.abs(each - (y?.data[i] ?? Number.NaN))));
    assert.ok(far < 1e-6, `it is off by ${far}`);
  });
}

test("a map that is turned behind the gate is read as it is before it", () => {
  const form: Form = {
    input: LAST,
    lines: [`%r : ${ROW} = reduce_mean(%x) {axes = [1, 2], keepdims = false}`, ...DENSE_LAST],
  };
  const before = parseGraph(
    printGraph(graphOf(form)).replace(
      "return %y",
      `%t : float32[N, ${C}, 5, 4] = transpose(%x) {permutation = [0, 3, 1, 2]} loc(/t)
      return %y, %t`,
    ),
  );
  const { graph: after, raised } = raiseAttention(before);
  assert.is(raised.length, 1);
  const seen = new Set<unknown>();
  for (const { operands, results } of after.ops) {
    assert.ok(operands.every((operand) => operand.kind !== "result" || seen.has(operand)));
    for (const result of results) seen.add(result);
  }
  assertSameValues(before, after);
});

test("two equal gates of one map are two gates", () => {
  const gate = (last: string): readonly string[] =>
    FORMS["a pool that reads the map through an Identity"]?.lines.map((line) =>
      line.replace(/%(?!x)(\w+)/g, `%$1${last}`),
    ) ?? [];
  const lines = [...gate("1"), ...gate("2"), `%y : ${MAP} = sub(%y1, %y2)`];
  const graph = graphOf({ input: MAP, lines });
  assert.equal(
    raiseAttention(graph).raised.map(({ kind, result }) => [kind, result]),
    [
      ["se", "y1"],
      ["se", "y2"],
    ],
  );
});

test("a gate between Transposes has none of its own", () => {
  const raised = raiseAttention(
    graphOf(FORMS["channels last behind a Transpose, a Squeeze after each axis"] as Form),
  );
  assert.equal(
    raised.graph.ops.map(({ kind }) => kind),
    ["attention.se"],
  );
});

/** CBAM as Keras writes it, with its layers once or once for each pooling; the second ones hold `second`. */
function cbamText(stored: "once" | "twice", second = 0.3): string {
  const layers = (pooled: string, names: string) => {
    const [w1, w2] = stored === "once" ? ["w1", "w2"] : [`w1${names}`, `w2${names}`];
    return `
    %r${names} : ${LAST_ROW} = ${pooled}(%x) {axes = [1, 2]} loc(/cbam)
    %h${names} : float32[N, 1, 1, 4] = matmul(%r${names}, @${w1}) loc(/cbam)
    %a${names} : float32[N, 1, 1, 4] = relu(%h${names}) loc(/cbam)
    %o${names} : ${LAST_ROW} = matmul(%a${names}, @${w2}) loc(/cbam)`;
  };
  const weights = (name: string, value: number): string => `
    trainable @w1${name} = constant([${C}, 4], ${value})
    trainable @w2${name} = constant([4, ${C}], ${value})`;
  return `graph "g" {
    input %x : ${LAST}
    ${stored === "once" ? weights("", 0.3) : weights("a", 0.3) + weights("b", second)}
    trainable @k = normal([1, 2, 7, 7], 0.1, "k")
    ${layers("reduce_mean", "a")}
    ${layers("reduce_max", "b")}
    %s : ${LAST_ROW} = add(%oa, %ob) loc(/cbam)
    %g : ${LAST_ROW} = sigmoid(%s) loc(/cbam)
    %u : ${LAST} = mul(%x, %g) loc(/cbam)
    %m : float32[N, 5, 4, 1] = reduce_mean(%u) {axes = [3]} loc(/cbam)
    %n : float32[N, 5, 4, 1] = reduce_max(%u) {axes = [3]} loc(/cbam)
    %c : float32[N, 5, 4, 2] = concat(%m, %n) {axis = 3} loc(/cbam)
    %t : float32[N, 2, 5, 4] = transpose(%c) {permutation = [0, 3, 1, 2]} loc(/cbam)
    %k : float32[N, 1, 5, 4] = conv(%t, @k) {pads = [3, 3, 3, 3]} loc(/cbam)
    %b : float32[N, 5, 4, 1] = transpose(%k) {permutation = [0, 2, 3, 1]} loc(/cbam)
    %e : float32[N, 5, 4, 1] = sigmoid(%b) loc(/cbam)
    %y : ${LAST} = mul(%u, %e) loc(/cbam)
    return %y
  }`;
}

for (const stored of ["once", "twice"] as const) {
  test(`CBAM channels last, its layers stored ${stored}, is one gate`, () => {
    const graph = parseGraph(cbamText(stored));
    const { graph: raised, raised: gates } = raiseAttention(graph);
    assert.equal(
      gates.map(({ kind, parameters }) => [kind, parameters]),
      [["cbam", 2 * 4 * C + 2 * 7 * 7]],
    );
    assertSameValues(graph, raised);
  });
}

test("CBAM whose second layers hold other numbers is none", () => {
  const { raised } = raiseAttention(parseGraph(cbamText("twice", 0.31)));
  assert.equal(
    raised.map(({ kind }) => kind),
    ["sam"],
  );
});

test("a part of a layer's outputs is said to be one", () => {
  const graph = parseGraph(`graph "g" {
    input %x : ${MAP}
    trainable @w = normal([${2 * C}, ${C}, 1, 1], 0.5, "w")
    %p : float32[N, ${C}, 1, 1] = global_avg_pool(%x) loc(/se)
    %h : float32[N, ${2 * C}, 1, 1] = conv(%p, @w) loc(/se)
    %a : float32[N, ${C}, 1, 1] = slice(%h) {axis = 1, start = 0, end = ${C}} loc(/se)
    %b : float32[N, ${C}, 1, 1] = slice(%h) {axis = 1, start = ${C}, end = ${2 * C}} loc(/se)
    %g : float32[N, ${C}, 1, 1] = sigmoid(%a) loc(/se)
    %z : ${MAP} = mul(%x, %g) loc(/se)
    %y : ${MAP} = add(%z, %b) loc(/se)
    return %y
  }`);
  const { raised, rejected } = raiseAttention(graph);
  assert.equal(raised, []);
  assert.equal(
    rejected.map(({ reason }) => reason),
    ["it takes a part of what a layer makes: a module would lose the other parts"],
  );
});

/** Sequences [N, T, C] that are multiplied with a number for each step: no gate, and nothing that looks like one. */
test("the normalisation of a sequence is no near miss", () => {
  const sequence = "float32[N, 6, 8]";
  const graph = parseGraph(`graph "g" {
    input %x : ${sequence}
    fixed @two = constant([], 2)
    fixed @e = constant([], 0.00001)
    %s : ${sequence} = pow(%x, @two) loc(/norm)
    %m : float32[N, 6, 1] = reduce_mean(%s) {axes = [2]} loc(/norm)
    %a : float32[N, 6, 1] = add(%m, @e) loc(/norm)
    %r : float32[N, 6, 1] = sqrt(%a) loc(/norm)
    %i : float32[N, 6, 1] = reciprocal(%r) loc(/norm)
    %y : ${sequence} = mul(%x, %i) loc(/norm)
    return %y
  }`);
  const { raised, rejected } = raiseAttention(graph);
  assert.equal([raised, rejected], [[], []]);
});

test.run();

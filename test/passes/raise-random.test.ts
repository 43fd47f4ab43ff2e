import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type RandomStream, randomStream } from "../../src/base/random.js";
import { parseGraph } from "../../src/ir/parse.js";
import { printGraph } from "../../src/ir/print.js";
import { raiseAttention } from "../../src/passes/raise/raise-attention.js";
import { assertSameValues } from "./support.js";

/**
 * SE in random spellings: layout, pooling, layers, what is linear beside them, activations and product, each drawn by itself. Every
 * one must be found, as the only gate, and compute what its ops do.
 */
const test = suite("passes: gates in random spellings");

const CHANNELS = 6;
const HIDDEN = 3;
const FILES = 150;

/** Writes ops, each over the value before it. */
class Writer {
  readonly lines: string[] = [];
  readonly #random: RandomStream;

  constructor(random: RandomStream) {
    this.#random = random;
  }

  /** An op that makes a value of some sizes, which has a new name. */
  add(dims: readonly (number | string)[], text: string): string {
    const name = `%v${this.lines.length}`;
    this.lines.push(`${name} : float32[${dims.join(", ")}] = ${text} loc(/se)`);
    return name;
  }

  one<T>(...choices: readonly [T, ...T[]]): T {
    return choices[Math.floor(this.#random.uniform(0, 1) * choices.length)] ?? choices[0];
  }

  maybe(part: number): boolean {
    return this.#random.uniform(0, 1) < part;
  }
}

const [HEIGHT, WIDTH] = [4, 5];
const FIRST = ["N", CHANNELS, HEIGHT, WIDTH];
const LAST = ["N", HEIGHT, WIDTH, CHANNELS];

/** The mean of a map as a row [N, C]. */
function pooled(w: Writer, x: string, isLast: boolean): string {
  const [dims, axes] = isLast ? [LAST, [1, 2]] : [FIRST, [2, 3]];
  const without = (axis: number, from: readonly (number | string)[] = dims) => from.toSpliced(axis, 1);
  switch (w.one("at once", "axis by axis", "sum", "flattened", "pool")) {
    case "axis by axis": {
      const [a = 0, b = 0] = axes;
      const inner = w.add(without(b), `reduce_mean(${x}) {axes = [${b}], keepdims = false}`);
      return w.add(without(a, without(b)), `reduce_mean(${inner}) {axes = [${a}], keepdims = false}`);
    }
    case "sum": {
      const sum = w.add(["N", CHANNELS], `reduce_sum(${x}) {axes = [${axes}], keepdims = false}`);
      return w.add(["N", CHANNELS], w.one(`div(${sum}, @count)`, `mul(${sum}, @part)`));
    }
    case "flattened": {
      const places = HEIGHT * WIDTH;
      const flat = isLast ? ["N", places, CHANNELS] : ["N", CHANNELS, places];
      const rows = w.add(flat, `reshape(${x}) {shape = [0, ${flat.slice(1)}]}`);
      return w.add(["N", CHANNELS], `reduce_mean(${rows}) {axes = [${isLast ? 1 : 2}], keepdims = false}`);
    }
    case "pool": {
      if (isLast) break;
      return w.add(["N", CHANNELS], `flatten(${w.add(["N", CHANNELS, 1, 1], `global_avg_pool(${x})`)})`);
    }
  }
  return w.add(["N", CHANNELS], `reduce_mean(${x}) {axes = [${axes}], keepdims = false}`);
}

/** What is linear and may stand beside a layer: nothing, or one number for each channel. */
function beside(w: Writer, row: string, size: number): string {
  const dims = ["N", size];
  if (w.maybe(0.5)) return row;
  switch (w.one("norm", "scale and bias", "sub and div", "bias")) {
    case "norm": {
      const statistics = ["s", "h", "m", "v"].map((name) => `@${name}${size}`).join(", ");
      const map = w.add([...dims, 1, 1], `reshape(${row}) {shape = [0, ${size}, 1, 1]}`);
      return w.add(
        dims,
        `flatten(${w.add([...dims, 1, 1], `batch_norm(${map}, ${statistics}) {epsilon = 0.01}`)})`,
      );
    }
    case "scale and bias":
      return w.add(dims, `add(@h${size}, ${w.add(dims, `mul(${row}, @s${size})`)})`);
    case "sub and div":
      return w.add(dims, `div(${w.add(dims, `sub(${row}, @m${size})`)}, @v${size})`);
    case "bias":
      return w.add(dims, `add(${row}, @h${size})`);
  }
}

/** A layer from a row to a row. */
function layer(w: Writer, row: string, [inputs, outputs]: readonly [number, number]): string {
  const names = `${inputs}_${outputs}`;
  const bias = w.maybe(0.7);
  switch (w.one("conv", "conv_1d", "matmul", "gemm")) {
    case "conv": {
      const map = w.add(["N", inputs, 1, 1], `reshape(${row}) {shape = [0, ${inputs}, 1, 1]}`);
      const more = bias ? `, @b${outputs}` : "";
      return w.add(
        ["N", outputs],
        `flatten(${w.add(["N", outputs, 1, 1], `conv(${map}, @c${names}${more})`)})`,
      );
    }
    case "conv_1d": {
      const map = w.add(["N", inputs, 1], `unsqueeze(${row}) {axes = [2]}`);
      const more = bias ? `, @b${outputs}` : "";
      const y = w.add(["N", outputs, 1], `conv_1d(${map}, @d${names}${more})`);
      return w.add(["N", outputs], `squeeze(${y}) {axes = [2]}`);
    }
    case "matmul": {
      const y = w.add(["N", outputs], `matmul(${row}, @t${names})`);
      return bias ? w.add(["N", outputs], w.one(`add(${y}, @b${outputs})`, `add(@b${outputs}, ${y})`)) : y;
    }
    case "gemm":
      return w.add(["N", outputs], `gemm(${row}, @w${names}${bias ? `, @b${outputs}` : ""})`);
  }
}

function sigmoid(w: Writer, row: string, dims: readonly (number | string)[]): string {
  if (w.maybe(0.6)) return w.add(dims, `sigmoid(${row})`);
  const exp = w.add(dims, `exp(${w.add(dims, `neg(${row})`)})`);
  return w.add(dims, `reciprocal(${w.add(dims, `add(${exp}, @one)`)})`);
}

function gateText(random: RandomStream): string {
  const w = new Writer(random);
  const isLast = w.maybe(0.4);
  const [map, row] = isLast ? [LAST, ["N", 1, 1, CHANNELS]] : [FIRST, ["N", CHANNELS, 1, 1]];
  const made = (): string => w.add(map, "tanh(%x)");
  const x = made();
  const mean = pooled(w, x, isLast);
  const reduced = layer(w, beside(w, mean, CHANNELS), [CHANNELS, HIDDEN]);
  const hidden = w.add(["N", HIDDEN], `relu(${beside(w, reduced, HIDDEN)})`);
  const expanded = layer(w, hidden, [HIDDEN, CHANNELS]);
  const gate = sigmoid(w, beside(w, expanded, CHANNELS), ["N", CHANNELS]);
  const spread = w.add(row, `reshape(${gate}) {shape = [0, ${row.slice(1)}]}`);
  // The map may be computed once more for the product.
  const gated = w.maybe(0.3) ? made() : x;
  const y = w.add(map, w.one(`mul(${gated}, ${spread})`, `mul(${spread}, ${gated})`));
  const layers = [
    [CHANNELS, HIDDEN],
    [HIDDEN, CHANNELS],
  ].flatMap(([inputs, outputs]) => [
    `@c${inputs}_${outputs} = normal([${outputs}, ${inputs}, 1, 1], 0.8, "c${inputs}")`,
    `@d${inputs}_${outputs} = normal([${outputs}, ${inputs}, 1], 0.8, "d${inputs}")`,
    `@t${inputs}_${outputs} = normal([${inputs}, ${outputs}], 0.8, "t${inputs}")`,
    `@w${inputs}_${outputs} = normal([${outputs}, ${inputs}], 0.8, "w${inputs}")`,
  ]);
  const vectors = [CHANNELS, HIDDEN].flatMap((size) => [
    `@b${size} = normal([${size}], 0.5, "b${size}")`,
    `@s${size} = uniform([${size}], 0.5, 1.5, "s${size}")`,
    `@h${size} = normal([${size}], 0.5, "h${size}")`,
    `@m${size} = normal([${size}], 0.5, "m${size}")`,
    `@v${size} = uniform([${size}], 0.5, 1.5, "v${size}")`,
  ]);
  return `graph "g" {
    input %x : float32[${map.join(", ")}]
    ${[...layers, ...vectors].map((line) => `trainable ${line}`).join("\n")}
    fixed @one = constant([], 1)
    fixed @count = constant([], ${HEIGHT * WIDTH})
    fixed @part = constant([], ${1 / (HEIGHT * WIDTH)})
    ${w.lines.join("\n")}
    return ${y}
  }`;
}

test(`${FILES} of them are found, and compute what they did`, () => {
  for (let file = 0; file < FILES; file++) {
    const graph = parseGraph(gateText(randomStream(file, "random gates")));
    const { graph: raised, raised: gates, rejected } = raiseAttention(graph);
    const text = `file ${file}: ${JSON.stringify(rejected)}\n${printGraph(graph)}`;
    assert.equal(
      gates.map(({ kind, options: { channels } }) => [kind, channels]),
      [["se", HIDDEN]],
      text,
    );
    const rest = raised.ops.filter(({ kind }) => kind !== "tanh" && kind !== "transpose");
    assert.is(rest.length, 1, text);
    assertSameValues(graph, raised);
  }
});

test.run();

import { readFileSync, writeFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { InputError } from "../../src/base/diagnostic.js";
import { decodeModel } from "../../src/files/models/open.js";
import type { Tensor } from "../../src/ir/tensor.js";
import { READ_OPSETS } from "../../src/onnx/file/opset.js";
import { evaluate } from "./agreement.js";
import { casesOf } from "./cases.js";
import { runVariants, type Variant, variantsOf } from "./node-variants.js";

/**
 * What a node means that says less than our own codecs write: each attribute and each input that may be left out, at
 * every opset, read by the codec and evaluated, beside ONNX Runtime. New codecs come in by their cases.
 */
const test = suite("onnx: defaults of the operators");

/** The last opset that this ONNX Runtime takes. */
const LAST_RUN = 25;

/** What there is no comparison of, with the reasons; UPDATE_GOLDEN=1 writes it again. */
const NOT_COMPARED = "test/data/onnx/codec-defaults.txt";

/** A few units in the last place of float32. */
const TOLERANCE = 2e-6;

/** The case's op as it is read, evaluated; or why no op says that. */
function read({ bytes, inputs }: Variant): Tensor | string {
  try {
    const { graph, foreign } = decodeModel(bytes, "variant.onnx");
    return foreign[0]?.reason ?? evaluate(graph, inputs);
  } catch (error) {
    if (error instanceof InputError) return error.message;
    throw error;
  }
}

/** Whether two outputs are the same up to float32's last places, as far as float32 reaches. */
function agree(expected: Tensor, actual: Tensor): boolean {
  const scale = expected.data.reduce(
    (most, x) => (Number.isFinite(x) ? Math.max(most, Math.abs(x)) : most),
    0,
  );
  const sameNumbers = expected.data.every((x, i) => {
    const y = Math.fround(actual.data[i] as number);
    return x === y || Math.abs(x - y) < TOLERANCE * scale;
  });
  return sameNumbers && expected.dims.join() === actual.dims.join();
}

/** Lines of equal text, each once, with the opsets that it is true of. */
class Lines {
  readonly #opsets = new Map<string, number[]>();

  add(line: string, opset: number): void {
    const known = this.#opsets.get(line) ?? [];
    if (known.at(-1) !== opset) this.#opsets.set(line, [...known, opset]);
  }

  /** In the order of the texts. */
  get text(): string {
    const lines = [...this.#opsets].map(([line, opsets]) => {
      const [first = 0, last = 0] = [opsets[0], opsets.at(-1)];
      const gapless = opsets.length === last - first + 1;
      return `${line} (opset ${gapless ? `${first} to ${last}` : opsets.join(" ")})\n`;
    });
    return lines.sort().join("");
  }
}

const notCompared = new Lines();
const compared = new Map<string, number>();

for (let opset: number = READ_OPSETS.first; opset <= LAST_RUN; opset++) {
  test(`what is left out has ONNX's default, opset ${opset}`, async () => {
    const variants = [...casesOf(opset, ["float32"])].flatMap((each) => {
      try {
        return variantsOf(each, opset);
      } catch (error) {
        if (error instanceof InputError) return []; // No node of this opset says the case.
        throw error;
      }
    });
    // What no op says is not given to ONNX Runtime, which crashes on some nodes without a required input.
    const readable: { readonly variant: Variant; readonly ours: Tensor }[] = [];
    for (const variant of variants) {
      const ours = read(variant);
      if (typeof ours !== "string") readable.push({ variant, ours });
      else notCompared.add(`${variant.op} without ${variant.without}: ${ours}`, opset);
    }
    const results = await runVariants(readable.map(({ variant }) => variant));
    const wrong: string[] = [];
    for (const [i, { variant, ours }] of readable.entries()) {
      const [theirs, what] = [results[i], `${variant.op} without ${variant.without}`];
      if (theirs === undefined || typeof theirs === "string") {
        notCompared.add(`${what}: it is read, but ONNX Runtime refuses it`, opset);
        continue;
      }
      compared.set(variant.op, (compared.get(variant.op) ?? 0) + 1);
      if (!agree(theirs, ours)) wrong.push(`${what}: ${variant.label}`);
    }
    assert.equal(wrong, []);
  });
}

/** Attributes that change no output: what they are where they are left out. */
const INVISIBLE = [
  { op: "batch_norm", without: /^(attribute momentum|all attributes)$/, name: "momentum", value: 0.1 },
  { op: "dropout", without: /^(attribute ratio|input 1)$/, name: "rate", value: 0.5 },
] as const;

for (const { op, without, name, value } of INVISIBLE) {
  test(`the ${name} of ${op}, which shows in training alone, has ONNX's default too`, () => {
    for (let opset: number = READ_OPSETS.first; opset <= READ_OPSETS.last; opset++) {
      const cases = [...casesOf(opset, ["float32"])].filter((each) => each.op === op);
      const variants = cases.flatMap((each) => variantsOf(each, opset));
      const values = variants
        .filter((each) => without.test(each.without))
        .map(({ bytes }) => Object.entries(decodeModel(bytes, "variant.onnx").graph.ops[0]?.attributes ?? {}))
        .map((attributes) => Object.fromEntries<unknown>(attributes)[name]);
      assert.equal([...new Set(values)], [value], `opset ${opset}`);
    }
  });
}

test("every op is compared, and what isn't is known", () => {
  const ops = new Set([...casesOf(LAST_RUN)].map(({ op }) => op));
  assert.equal(
    [...ops].filter((op) => (compared.get(op) ?? 0) < LAST_RUN - READ_OPSETS.first - 10),
    [],
  );
  if (process.env.UPDATE_GOLDEN === "1") writeFileSync(NOT_COMPARED, notCompared.text);
  assert.is(notCompared.text, readFileSync(NOT_COMPARED, "utf8"));
});

test.run();

import type { Tensor } from "../../ir/tensor.js";
import { elementCount, refuse, stridesOf } from "../../ir/types.js";
import { type Evaluator, tensorOf } from "./node.js";

// y[output letters] = Σ over all other letters of the product of the operands, each read at its letters.
// https://onnx.ai/onnx/operators/onnx__Einsum.html

/** The letters of a term, an axis that an ellipsis stands for as one of its own, counted from the last: `…1`, `…0`. */
function lettersOf(term: string, rank: number): readonly string[] {
  const parts = term.match(/\.\.\.|[A-Za-z]/g) ?? [];
  const covered = rank - parts.filter((part) => part !== "...").length;
  return parts.flatMap((part) =>
    part === "..." ? Array.from({ length: covered }, (_, i) => `…${covered - 1 - i}`) : [part],
  );
}

/** Without an arrow: the axes of an ellipsis, then the letters that stand in the terms once, in the alphabet's order. */
function impliedOutput(terms: readonly (readonly string[])[]): readonly string[] {
  const all = terms.flat();
  const once = [...new Set(all)].filter((letter) => all.filter((each) => each === letter).length === 1);
  return [...spreadOf(terms), ...once.filter((letter) => !letter.startsWith("…")).sort()];
}

function spreadOf(terms: readonly (readonly string[])[]): readonly string[] {
  const spread = new Set(terms.flat().filter((letter) => letter.startsWith("…")));
  return [...spread].sort((a, b) => Number(b.slice(1)) - Number(a.slice(1)));
}

/** How far each letter moves in a tensor: a size of 1 is broadcast, and a letter that stands twice is a diagonal. */
function stepsOf({ dims }: Tensor, letters: readonly string[]): ReadonlyMap<string, number> {
  if (letters.length !== dims.length) refuse(`${letters.length} letters for ${dims.length} axes`);
  const strides = stridesOf(dims);
  const steps = new Map<string, number>();
  letters.forEach((letter, axis) => {
    const step = dims[axis] === 1 ? 0 : (strides[axis] ?? 0);
    steps.set(letter, (steps.get(letter) ?? 0) + step);
  });
  return steps;
}

/** Where each combination of letters stands in a tensor, the last letter the fastest. */
function positions(
  letters: readonly string[],
  sizes: ReadonlyMap<string, number>,
  steps: ReadonlyMap<string, number>,
): Float64Array {
  let all = Float64Array.of(0);
  for (const letter of letters) {
    const [size, step] = [sizes.get(letter) ?? 1, steps.get(letter) ?? 0];
    const outer = all;
    all = new Float64Array(outer.length * size);
    let to = 0;
    for (const start of outer) for (let i = 0; i < size; i++) all[to++] = start + i * step;
  }
  return all;
}

export const einsum: Evaluator = (node) => {
  const [left = "", right] = node.string("equation", "").replaceAll(/\s/g, "").split("->");
  const operands = node.inputs;
  const texts = left.split(",");
  if (texts.length !== operands.length) refuse(`${texts.length} terms for ${operands.length} inputs`);
  const terms = operands.map(({ dims }, i) => lettersOf(texts[i] ?? "", dims.length));
  const sizes = new Map<string, number>();
  terms.forEach((letters, i) => {
    letters.forEach((letter, axis) => {
      sizes.set(letter, Math.max(sizes.get(letter) ?? 1, operands[i]?.dims[axis] ?? 1));
    });
  });
  const spread = spreadOf(terms);
  const output =
    right === undefined
      ? impliedOutput(terms)
      : (right.match(/\.\.\.|[A-Za-z]/g) ?? []).flatMap((part) => (part === "..." ? spread : [part]));
  const summed = [...sizes.keys()].filter((letter) => !output.includes(letter));
  const steps = operands.map((x, i) => stepsOf(x, terms[i] ?? []));
  const starts = steps.map((each) => positions(output, sizes, each));
  const offsets = steps.map((each) => positions(summed, sizes, each));
  const count = elementCount(summed.map((letter) => sizes.get(letter) ?? 1));
  const dims = output.map((letter) => sizes.get(letter) ?? refuse(`no term has ${letter}`));
  const y = new Float64Array(elementCount(dims));
  for (let at = 0; at < y.length; at++) {
    let sum = 0;
    for (let k = 0; k < count; k++) {
      let product = 1;
      for (let i = 0; i < operands.length; i++) {
        const from = (starts[i]?.[at] ?? 0) + (offsets[i]?.[k] ?? 0);
        product *= operands[i]?.data[from] ?? Number.NaN;
      }
      sum += product;
    }
    y[at] = sum;
  }
  return [tensorOf(dims, y)];
};

import { type Diagnostic, InputError } from "../base/diagnostic.js";
import { didYouMean } from "../base/suggest.js";
import { elementCount } from "../ir/types.js";
import { type InputShape, isFloat } from "./numbers.js";

/** Numbers that inputs have instead of random ones, by their names: one for all elements, as `sr=16000`, or one for each, as `axes=0,2`. */
export interface InputValues {
  readonly inputValues?: readonly string[] | undefined;
}

/** The inputs with the numbers that are given for them. Errors: `InputError` with each text that is no number for an input. */
export function withValues(
  inputs: readonly InputShape[],
  texts: readonly string[] = [],
): readonly InputShape[] {
  const problems = texts.flatMap((text) => problemOf(text, inputs) ?? []);
  if (problems.length > 0) throw new InputError(problems);
  const values = new Map(texts.map((text) => [nameIn(text), valueIn(text)]));
  return inputs.map((input) => {
    const value = values.get(input.name);
    return value === undefined ? input : { ...input, value };
  });
}

function nameIn(text: string): string {
  return text.slice(0, Math.max(0, text.lastIndexOf("=")));
}

function valueIn(text: string): number | readonly number[] {
  const numbers = numbersIn(text);
  const [only = Number.NaN, another] = numbers;
  return another === undefined ? only : numbers;
}

function numbersIn(text: string): readonly number[] {
  const numbers = text.slice(text.lastIndexOf("=") + 1).split(",");
  return numbers.map((number) => (number.trim() === "" ? Number.NaN : Number(number)));
}

/** How many numbers an input of those sizes has, of one image where its batch is open; undefined where others are open too. */
function countOf({ dims: [first, ...rest] }: InputShape): number | undefined {
  const sizes = [typeof first === "string" ? 1 : (first ?? 1), ...rest];
  return sizes.every((size) => typeof size === "number") ? elementCount(sizes) : undefined;
}

function problemOf(text: string, inputs: readonly InputShape[]): Diagnostic | undefined {
  const [name, numbers] = [nameIn(text), numbersIn(text)];
  const names = inputs.map((input) => input.name);
  const input = inputs.find((each) => each.name === name);
  if (input === undefined) {
    const message = `the model has no input ${name === "" ? text : name}, only ${names.join(", ")}`;
    return {
      code: "run/unknown-name",
      message,
      hint: didYouMean(name, names) ?? "--input takes NAME=NUMBER, as sr=16000",
    };
  }
  const { dtype = "float32" } = input;
  const hint = "--input takes NAME=NUMBER, as sr=16000, or as many numbers as the input has, as axes=0,2";
  if (!numbers.every((each) => Number.isFinite(each) && (isFloat(dtype) || Number.isInteger(each))))
    return {
      code: "run/input-value",
      message: `${text} gives the input ${name} no number of ${dtype}`,
      hint,
    };
  const count = countOf(input);
  if (numbers.length === 1 || count === undefined || count === numbers.length) return undefined;
  const message = `${text} has ${numbers.length} numbers, the input ${name} has ${count}`;
  return { code: "run/input-value", message, hint };
}

import { type Diagnostic, InputError } from "../base/diagnostic.js";
import { didYouMean } from "../base/suggest.js";
import { type InputShape, isFloat } from "./numbers.js";

/** Numbers that inputs have instead of random ones, as `sr=16000`: one for all elements of an input, by its name. */
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
  const values = new Map(texts.map((text) => [nameIn(text), numberIn(text)]));
  return inputs.map((input) => {
    const value = values.get(input.name);
    return value === undefined ? input : { ...input, value };
  });
}

function nameIn(text: string): string {
  return text.slice(0, Math.max(0, text.lastIndexOf("=")));
}

function numberIn(text: string): number {
  const number = text.slice(text.lastIndexOf("=") + 1);
  return number.trim() === "" ? Number.NaN : Number(number);
}

function problemOf(text: string, inputs: readonly InputShape[]): Diagnostic | undefined {
  const [name, number] = [nameIn(text), numberIn(text)];
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
  if (Number.isFinite(number) && (isFloat(dtype) || Number.isInteger(number))) return undefined;
  const message = `${text} gives the input ${name} no number of ${dtype}`;
  return { code: "run/input-value", message, hint: "--input takes NAME=NUMBER, as sr=16000" };
}

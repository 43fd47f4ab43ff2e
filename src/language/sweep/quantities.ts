import { didYouMean } from "../../base/suggest.js";

/** What is counted of a variant, and what is measured with `bench`. */
export const COUNTED = ["parameters", "attentionParameters", "buffers", "macs", "gateCount"] as const;
export const MEASURED = ["medianMs"] as const;
export const QUANTITIES = [...COUNTED, ...MEASURED] as const;

export type Quantity = (typeof QUANTITIES)[number];
export type CountedQuantity = (typeof COUNTED)[number];

/** What a variant has to keep to: `parameters < 5e6`. */
export interface Constraint {
  readonly text: string;
  readonly quantity: CountedQuantity;
  readonly relation: "<" | "<=" | ">" | ">=";
  readonly bound: number;
}

/** A number that is weighed against another, and which of two is the better one. */
export interface Goal {
  readonly better: "least" | "most";
  readonly quantity: Quantity;
}

/** What is wrong with a text. */
export interface TextProblem {
  readonly message: string;
  readonly hint: string | undefined;
}

const COMPARISON =
  /^\s*(?<name>[A-Za-z]+)\s*(?<relation>[<>]=?)\s*(?<digits>\d+(?:\.\d+)?(?:e\+?\d+)?)\s*(?<unit>[kMG]?)\s*$/;
const UNITS: Readonly<Record<string, number>> = { "": 1, k: 1e3, M: 1e6, G: 1e9 };

export function parseConstraint(text: string): Constraint | TextProblem {
  const { name = "", relation, digits, unit = "" } = COMPARISON.exec(text)?.groups ?? {};
  if (relation === undefined || digits === undefined) {
    const message = `${JSON.stringify(text)} is not a bound`;
    return { message, hint: "as parameters < 5e6, macs <= 400M or gateCount >= 3" };
  }
  const quantity = COUNTED.find((each) => each === name);
  if (quantity === undefined)
    return { message: `nothing is counted as ${JSON.stringify(name)}`, hint: didYouMean(name, COUNTED) };
  const bound = Number(digits) * (UNITS[unit] ?? 1);
  return { text, quantity, relation: relation as Constraint["relation"], bound };
}

/** Whether a number keeps to a bound. */
export function keepsTo({ relation, bound }: Constraint, value: number): boolean {
  switch (relation) {
    case "<":
      return value < bound;
    case "<=":
      return value <= bound;
    case ">":
      return value > bound;
    case ">=":
      return value >= bound;
  }
}

export function parseGoal(text: string): Goal | TextProblem {
  const [better, name = "", ...more] = text.trim().split(/\s+/);
  if ((better !== "least" && better !== "most") || name === "" || more.length > 0) {
    const message = `${JSON.stringify(text)} is not an aim`;
    return { message, hint: "as least parameters or most gateCount" };
  }
  const quantity = QUANTITIES.find((each) => each === name);
  return quantity === undefined
    ? { message: `there is no number ${JSON.stringify(name)}`, hint: didYouMean(name, QUANTITIES) }
    : { better, quantity };
}

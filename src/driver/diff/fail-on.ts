import { CHANGE_KINDS, type Change } from "../../analysis/diff/changes.js";
import type { Difference } from "../../analysis/diff/networks.js";
import { InputError } from "../../base/diagnostic.js";
import { quoted } from "../../base/json-text.js";
import { count, signedCount } from "../../base/numbers.js";
import { didYouMean } from "../../base/suggest.js";
import { matchesText } from "../../base/wildcard.js";

/** The numbers of a diff that a condition may be about. */
const NUMBERS = ["parameters", "attentionParameters", "buffers", "macs"] as const;

type Numbers = { readonly [N in (typeof NUMBERS)[number]]: Difference };

/**
 * What of a diff is a failure: a bound of a number, or a kind of change.
 *
 *     parameters>+1%        b has over 1 % more parameters than a
 *     macs>+0               b has more multiply-accumulates
 *     parameters<-500k      b has over 500,000 parameters less
 *     parameters>5M         b has over 5,000,000
 *     attention-removed     a gate was removed
 *     attention-*           anything about gates changed
 */
export type FailOn = NumberCondition | KindCondition;

interface NumberCondition {
  readonly text: string;
  readonly number: keyof Numbers;
  readonly relation: Relation;
  readonly bound: number;
  /** What is bounded: the number of b, its change, or its change in percent of a's. */
  readonly of: "b" | "change" | "percent";
}

interface KindCondition {
  readonly text: string;
  readonly pattern: string;
}

type Relation = ">" | ">=" | "<" | "<=";

/** A condition that holds, and what holds it. */
export interface FailedCondition {
  readonly condition: string;
  /** `b.json has 5,288,548 parameters, 636,464 (13.68 %) more than the 4,652,084 of a.json` */
  readonly reason: string;
}

const COMPARISON =
  /^(?<name>[a-zA-Z]+)\s*(?<relation>[<>]=?)\s*(?<sign>[+-]?)(?<digits>\d+(?:\.\d+)?(?:e\d+)?)(?<unit>[kMG%]?)$/;
const UNITS: Readonly<Record<string, number>> = { "": 1, "%": 1, k: 1e3, M: 1e6, G: 1e9 };

/**
 * Reads a condition of `--fail-on`.
 *
 * Errors: `InputError` that says what is known, for one that is none.
 */
export function failOnOf(text: string): FailOn {
  const { name = "", relation, sign, digits, unit = "" } = COMPARISON.exec(text.trim())?.groups ?? {};
  if (digits === undefined) return kindCondition(text.trim());
  const number = NUMBERS.find((each) => each === name);
  if (number === undefined) throw refused(text, `there is no number ${name}`, didYouMean(name, NUMBERS));
  if (unit === "%" && sign === "") throw refused(text, "a change in percent has a sign", `as ${name}>+1%`);
  const bound = Number(digits) * (UNITS[unit] ?? 1) * (sign === "-" ? -1 : 1);
  const of = unit === "%" ? "percent" : sign === "" ? "b" : "change";
  return { text, number, relation: relation as Relation, bound, of };
}

function kindCondition(text: string): FailOn {
  if (CHANGE_KINDS.some((kind) => matchesText(text, kind))) return { text, pattern: text };
  const what = "it is neither a bound, as parameters>+1%, nor a kind of change, as attention-removed";
  throw refused(text, what, didYouMean(text, CHANGE_KINDS));
}

function refused(text: string, what: string, hint: string | undefined): InputError {
  return InputError.of("cli/usage", `--fail-on ${quoted(text)}: ${what}`, { hint });
}

/** What a diff has, as far as conditions are about it. */
type Judged = Numbers & { readonly a: string; readonly b: string; readonly changes: readonly Change[] };

/** Which conditions hold, in the order in which they are given. */
export function failedConditions(conditions: readonly FailOn[], diff: Judged): readonly FailedCondition[] {
  return conditions.flatMap((condition): FailedCondition[] => {
    const reason = "pattern" in condition ? kindReason(condition, diff) : numberReason(condition, diff);
    return reason === undefined ? [] : [{ condition: condition.text, reason }];
  });
}

function kindReason({ pattern }: KindCondition, { b, changes }: Judged): string | undefined {
  const found = changes.filter(({ kind }) => matchesText(pattern, kind));
  const [first] = found;
  if (first === undefined) return undefined;
  const more = found.length === 1 ? "" : `, and ${count(found.length - 1)} more`;
  return `${b}: ${first.kind} at ${first.at}${more}`;
}

const WORDS: Readonly<Record<keyof Numbers, string>> = {
  parameters: "parameters",
  attentionParameters: "parameters of attention",
  buffers: "running statistics",
  macs: "MACs",
};

function numberReason({ number, relation, bound, of }: NumberCondition, diff: Judged): string | undefined {
  const { a, b, delta } = diff[number];
  if (!holds(of === "b" ? b : of === "change" ? delta : percentOf(a, delta), relation, bound))
    return undefined;
  const exact = a === 0 ? "" : ` (${delta > 0 ? "+" : ""}${percentOf(a, delta).toFixed(2)} %)`;
  return `${diff.b} has ${count(b)} ${WORDS[number]}, ${diff.a} has ${count(a)}: ${signedCount(delta)}${exact}`;
}

/** More than nothing is infinitely many percent more. */
function percentOf(a: number, delta: number): number {
  if (delta === 0) return 0;
  return a === 0 ? Math.sign(delta) * Number.POSITIVE_INFINITY : (100 * delta) / a;
}

function holds(value: number, relation: Relation, bound: number): boolean {
  switch (relation) {
    case ">":
      return value > bound;
    case ">=":
      return value >= bound;
    case "<":
      return value < bound;
    case "<=":
      return value <= bound;
  }
}

import type { Inferred } from "./inferred.js";
import type { RuleNode } from "./rule-node.js";

/**
 * The types of the results of an operator's nodes, in the order of its outputs; undefined for one of which nothing is known.
 * May refuse (`refuse`), which is the same for all of them.
 */
export type TypeRule = (node: RuleNode) => readonly (Inferred | undefined)[];

/** Rules by the names of operators. */
export type TypeRules = Readonly<Record<string, TypeRule>>;

/** One rule for several operators. */
export function rulesFor(operators: string, rule: TypeRule): TypeRules {
  return Object.fromEntries(
    operators
      .trim()
      .split(/\s+/)
      .map((operator) => [operator, rule]),
  );
}

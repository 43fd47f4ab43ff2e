import type * as z from "zod";

/*
 * What zod has against a value, in the words of ecagen's messages: for specs and for the options of passes alike. Each of
 * them adds the place and the value that it got.
 */

/** What a value is or should be, as people call it: `integer`, `list`, `true or false`. */
export function typeWord(type: string): string {
  return TYPE_WORDS[type] ?? type;
}

const TYPE_WORDS: Readonly<Record<string, string>> = {
  array: "list",
  boolean: "true or false",
  int: "integer",
  record: "object",
  string: "text",
};

/** The limit that a value missed: `must be at least 13`, `must have at most 4 items`, `must be over 0`. */
export function limitWords(issue: z.core.$ZodIssueTooSmall | z.core.$ZodIssueTooBig): string {
  const [limit, atLimit, beyond] =
    issue.code === "too_small" ? [issue.minimum, "at least", "over"] : [issue.maximum, "at most", "below"];
  const counted = { array: "item", string: "character" }[issue.origin as string];
  if (counted !== undefined)
    return `must have ${atLimit} ${limit} ${counted}${Number(limit) === 1 ? "" : "s"}`;
  return `must be ${issue.inclusive === false ? beyond : atLimit} ${limit}`;
}

/** The values that are possible: `one of "same", "symmetric"`. */
export function choiceWords(values: readonly unknown[]): string {
  const words = values.map((value) => JSON.stringify(value));
  return words.length === 1 ? String(words[0]) : `one of ${words.join(", ")}`;
}

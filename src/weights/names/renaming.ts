import * as z from "zod";
import { type Diagnostic, InputError } from "../../base/diagnostic.js";

/** Regular expressions by which the names of one side become those of the other, in their order. */
export interface Renaming {
  /** The file that says them. */
  readonly file: string;
  readonly rules: readonly { readonly pattern: RegExp; readonly to: string }[];
}

const rulesSchema = z.union([z.record(z.string(), z.string()), z.array(z.tuple([z.string(), z.string()]))]);

/**
 * Reads a file of `--names-map`: an object of patterns and what stands for them, or a list of such pairs. `$1`, or Python's `\1`, is what
 * the first group of a pattern found.
 *
 * Errors: `InputError` for another form, and for patterns that are no regular expressions, all of them.
 */
export function parseRenaming(text: string, file: string): Renaming {
  const parsed = rulesSchema.safeParse(jsonOf(text, file));
  if (parsed.data === undefined) {
    throw InputError.of("weights/names-map", `${file} is not an object of patterns and replacements`, {
      file,
      hint: 'write { "^layer(\\\\d+)\\\\.": "stages.$1." }, or a list of such pairs',
    });
  }
  const pairs = Array.isArray(parsed.data) ? parsed.data : Object.entries(parsed.data);
  const problems: Diagnostic[] = [];
  const rules = pairs.flatMap(([pattern, to]) => {
    try {
      return [{ pattern: new RegExp(pattern, "g"), to: to.replace(/\\(\d+)/g, "$$$1") }];
    } catch (error) {
      const message = `${JSON.stringify(pattern)} is not a regular expression: ${(error as Error).message}`;
      problems.push({ code: "weights/names-map", message, file });
      return [];
    }
  });
  if (problems.length > 0) throw new InputError(problems);
  return { file, rules };
}

function jsonOf(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw InputError.of("weights/names-map", `${file} is not JSON: ${(error as Error).message}`, { file });
  }
}

/** A name by all rules, one after the other. */
export function renamed(name: string, { rules }: Renaming): string {
  return rules.reduce((each, { pattern, to }) => each.replace(pattern, to), name);
}

/**
 * Things by their new names. Errors: `InputError` where two get one name.
 */
export function allRenamed<T>(things: ReadonlyMap<string, T>, renaming: Renaming): ReadonlyMap<string, T> {
  const result = new Map<string, T>();
  const from = new Map<string, string>();
  for (const [name, thing] of things) {
    const to = renamed(name, renaming);
    const other = from.get(to);
    if (other !== undefined) {
      throw InputError.of(
        "weights/names-map",
        `${renaming.file} gives ${JSON.stringify(other)} and ${JSON.stringify(name)} the same name, ${JSON.stringify(to)}`,
        { file: renaming.file },
      );
    }
    from.set(to, name);
    result.set(to, thing);
  }
  return result;
}

/** Refuses rules that change no name of either side, after the rules before them. */
export function refuseIdleRules({ file, rules }: Renaming, names: readonly string[]): void {
  const idle = new Set(rules);
  for (const name of names) {
    rules.reduce((each, rule) => {
      if (each.search(rule.pattern) !== -1) idle.delete(rule);
      return each.replace(rule.pattern, rule.to);
    }, name);
  }
  if (idle.size === 0) return;
  throw new InputError(
    [...idle].map(({ pattern }) => ({
      code: "weights/idle-pattern",
      message: `${file}: ${JSON.stringify(pattern.source)} is in no name, neither of the file nor of the network`,
      file,
    })),
  );
}

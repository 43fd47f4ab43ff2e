import type { JsonPath } from "../base/json-path.js";
import { didYouMean } from "../base/suggest.js";
import type { RefuseDefinition } from "./definitions/amounts.js";
import { LEVEL_NAMES } from "./values.js";

/** A name that a layer or a stage reads or gives, and where it is written. */
export interface NameUse {
  readonly name: string;
  readonly at: JsonPath;
}

/** The names of one of them: first it reads, then it gives. */
export interface NamesOf {
  readonly reads: readonly NameUse[];
  /** Whether it may read levels, as `C3`, which no one gives. */
  readonly levels?: boolean;
  /**
   * `sometimes`: it has a condition, and another one may give the name where it isn't there. `unread`: what to do where nothing
   * reads it.
   */
  readonly gives?: (NameUse & { readonly sometimes?: boolean; readonly unread?: string }) | undefined;
}

/** Checks the names of layers or stages, in their order: each that is read was given before, and each is given once and read. */
export function checkNames(
  uses: readonly NamesOf[],
  { noun, reader = noun, own, taken = own }: NameWords,
  refuse: RefuseDefinition,
): void {
  const all = uses.flatMap(({ gives }) => gives?.name ?? []);
  const read = new Set(uses.flatMap(({ reads }) => reads.map(({ name }) => name)));
  const given = new Map<string, boolean>();
  for (const { reads, levels = false, gives } of uses) {
    for (const { name, at } of reads) {
      if (given.has(name) || own.includes(name) || (levels && LEVEL_NAMES.includes(name))) continue;
      const isLater = all.includes(name);
      const message = isLater ? `"${name}" is named by a later ${noun}` : `no ${noun} is named "${name}"`;
      const hint = isLater
        ? `a ${reader} reads what is before it`
        : didYouMean(name, [...own, ...new Set(all)]);
      refuse({ path: at, message, hint });
    }
    if (gives === undefined) continue;
    const { name, at, sometimes = false, unread = "leave `as` out" } = gives;
    if (taken.includes(name)) {
      refuse({ path: at, message: `"${name}" has a meaning already`, hint: "choose another name" });
    } else if (given.has(name) && !(given.get(name) && sometimes)) {
      refuse({ path: at, message: `two ${noun}s are named "${name}"`, hint: "choose another name" });
    } else if (!read.has(name)) {
      refuse({ path: at, message: `nothing reads "${name}"`, hint: unread });
    }
    given.set(name, sometimes);
  }
}

interface NameWords {
  readonly noun: "layer" | "stage" | "map";
  /** What reads them; left out, the same. */
  readonly reader?: string;
  /** Names that are known before the first of them. */
  readonly own: readonly string[];
  /** Names that none of them can give; left out, those. */
  readonly taken?: readonly string[];
}

import { forEachOrAllErrors, InputError } from "../../base/diagnostic.js";
import type { PassInvocation } from "../engine/pass.js";
import { passesOfSugar, printPipeline } from "../engine/pipeline.js";

/** The flags that put gates in. */
export interface InsertFlags {
  /** Kinds of gates, `eca` or `se={type=se,reduction=16}`. */
  readonly inserts?: readonly string[] | undefined;
  /** Their sites, `after=depthwise`: one for all gates, or one for each. */
  readonly at?: readonly string[] | undefined;
}

/**
 * The passes of `--insert` and `--at`.
 *
 * Errors: `InputError` for every pair that is no such pass, and for places without gates.
 */
export function insertInvocations({ inserts = [], at = [] }: InsertFlags): readonly PassInvocation[] {
  if (at.length > 1 && at.length !== inserts.length) {
    throw InputError.of(
      "pass/insert",
      `--at is given ${at.length} times, and --insert ${inserts.length} times`,
      {
        hint: "give it once for all gates, or once for each",
      },
    );
  }
  if (at.length > 0 && inserts.length === 0) {
    throw InputError.of("flag/unused", "--at says where the gates of --insert go, and there are none", {
      hint: `add --insert eca`,
    });
  }
  return forEachOrAllErrors(inserts, (insert, i) => {
    const place = at.length > 1 ? at[i] : at[0];
    const where = place === undefined ? "" : `,at={${place.replace(/^\{(.*)\}$/s, "$1")}}`;
    const flag = `--insert ${insert}${place === undefined ? "" : ` --at ${place}`}`;
    return passesOfSugar(flag, `insert-attention{to=${gateText(insert)}${where}}`);
  }).flat();
}

/** The options with their insertions as the first of their passes. */
export function withInserts<T extends InsertFlags & { readonly passes?: string | undefined }>(options: T): T {
  const text = printPipeline(insertInvocations(options));
  if (text === "") return options;
  const { passes = "" } = options;
  return { ...options, passes: passes.trim() === "" ? text : `${text},${passes}` };
}

/** `se={type=se,reduction=16}` as what a pass takes, `{type=se,reduction=16}`. */
function gateText(insert: string): string {
  return /^([\w-]+)=(\{\s*type=\1\b.*\})$/s.exec(insert)?.[2] ?? insert;
}

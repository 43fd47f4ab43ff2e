import type { CompileReport } from "../driver/compile/compile.js";
import { tensorName } from "./format.js";

/** Names that a note shows; `--json` has all of them. */
const SHOWN = 3;

export const ROUNDED = "F64, so rounded to float32 in a model";

/** What became of a file's weights, for people: what is used, what is not, what is new. */
export function weightsNotes(report: CompileReport["weights"]): readonly string[] {
  if (report === undefined) return [];
  const { file, names, family, loaded, initial, unused, dropped, rounded, otherSettings, pairs } = report;
  const how = pairs === undefined ? `read under the names of ${names} (${family})` : "by order and shape";
  return [
    `${loaded} tensors of ${file}, ${how}`,
    ...(pairs ?? []).map(({ parameter, tensor }) => `${parameter} is ${tensorName(tensor)}`),
    ...listedNames("dropped, because a pass took their place away", dropped),
    ...listedNames("unused, because the network has no place for them", unused),
    ...listedNames("not in the file, so with their initial values", initial),
    ...listedNames(ROUNDED, rounded),
    ...otherSettings.map(
      ({ field, value, expected, source }) =>
        `${field} is ${textOf(value)} where the weights were trained with ${expected.map(textOf).join(" or ")} (${source})`,
    ),
    ...report.notes,
  ];
}

/** `what: 5 (a, b, c and 2 more)`; nothing for no names. */
export function listedNames(what: string, names: readonly string[]): readonly string[] {
  if (names.length === 0) return [];
  const shown = names.slice(0, SHOWN).map(tensorName).join(", ");
  const rest = names.length > SHOWN ? ` and ${names.length - SHOWN} more` : "";
  return [`${what}: ${names.length} (${shown}${rest})`];
}

function textOf(value: string | number | readonly number[]): string {
  return typeof value === "object" ? `[${value.join(", ")}]` : String(value);
}

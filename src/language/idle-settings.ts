import { type Diagnostic, InputError } from "../base/diagnostic.js";
import { formatJsonPath, type JsonPath } from "../base/json-path.js";
import { fileName, type SourceText } from "../base/source.js";
import { ACTIVATION_NAMES } from "../ir/activations.js";
import { ATTENTION_TYPES } from "../ir/attention/modules.js";
import { NO_ATTENTION } from "./attention.js";
import { jsonValue } from "./json-tree.js";
import type { SpecLibrary } from "./library.js";
import { type LoadedSpec, loadSource } from "./load.js";
import { parseSetting, type SpecChanges, settingText } from "./settings.js";

/** Names that fields may have; where a name is the default, another one shows that the field counts. */
const NAMES = [NO_ATTENTION, ...ATTENTION_TYPES, ...ACTIVATION_NAMES];

/**
 * Refuses settings of fields that something else overrides, such as `attention` where every stage has its own: the network is the same without
 * them, and with any other value too. A value that the spec has anyway is no error, nor is one that a later setting replaces.
 *
 * @throws InputError with all of them
 */
export function refuseIdleSettings(
  source: SourceText,
  library: SpecLibrary,
  changes: SpecChanges,
  loaded: LoadedSpec,
): void {
  const { set = [] } = changes;
  const settings = set.map(parseSetting);
  const meaning = meaningOf(loaded);
  const meaningWith = (index: number, replacement: readonly string[]): string | undefined => {
    try {
      const others = { ...changes, set: set.toSpliced(index, 1, ...replacement) };
      return meaningOf(loadSource(source, library, others));
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      return undefined;
    }
  };
  const problems = settings.flatMap(({ path, range, value }, index): readonly Diagnostic[] => {
    const isReplaced = settings.slice(index + 1).some((later) => overlap(path, later.path));
    const written = jsonValue(value);
    if (written === null || isReplaced || path[0] === "expect") return [];
    if (meaningWith(index, []) !== meaning) return [];
    const field = formatJsonPath(path).replace(/^\$\.?/, "");
    const others = otherValues(written)
      .map((other) => meaningWith(index, [settingText(field, other)]))
      .filter((other) => other !== undefined);
    if (others.length === 0 || others.some((other) => other !== meaning)) return [];
    return [
      {
        code: "flag/idle",
        message: `${field} changes nothing in ${fileName(source.file, ".json")}: other fields override it`,
        range,
        hint: `set the fields of the stages, as stages[0].${field}; ecagen resolve prints the spec in full`,
      },
    ];
  });
  if (problems.length > 0) throw new InputError(problems);
}

/** What a spec comes to, wherever it was written. Any setting takes away the published numbers. */
function meaningOf({ resolved: { expect: _, ...resolved } }: LoadedSpec): string {
  return JSON.stringify(resolved, (key, value: unknown) => (key === "specPath" ? undefined : value));
}

/** Whether one path leads to the other. */
function overlap(a: JsonPath, b: JsonPath): boolean {
  const length = Math.min(a.length, b.length);
  return a.slice(0, length).every((step, i) => step === b[i]);
}

function otherValues(value: unknown): readonly unknown[] {
  if (typeof value === "number") {
    // Of parts of one too.
    return [value + 1, 2 * value, value / 2, (value + 1) / 2].filter((other) => other !== value);
  }
  if (typeof value === "boolean") return [!value];
  return NAMES.filter((name) => name !== value);
}

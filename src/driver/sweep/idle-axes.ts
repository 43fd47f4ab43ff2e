import { InputError } from "../../base/diagnostic.js";
import { loadSource } from "../../language/load.js";
import { settingText } from "../../language/settings.js";
import { isSweepWord } from "../../language/sweep/schema.js";
import { isOpenRange, type RefuseSweep, type Sweep } from "../../language/sweep/sweep.js";
import { NO_LIBRARY, type OpenedBase } from "./bases.js";

/** Values of an axis that are tried: of more, the first ones say enough. */
const MOST_TRIED = 20;

/**
 * Refuses axes whose values all make the same network of each base, as `attention` where every stage has its own: their rows would
 * differ in the setting alone.
 */
export function refuseIdleAxes({ axes }: Sweep, bases: readonly OpenedBase[], refuse: RefuseSweep): void {
  for (const [key, values] of axes) {
    const tried = isOpenRange(values) ? [values.from, values.to] : values.slice(0, MOST_TRIED);
    if (isSweepWord(key) || tried.length < 2) continue;
    if (bases.some((each) => networksOf(each, key, tried).size > 1)) continue;
    const names = bases.map(({ base }) => base.reference).join(", ");
    refuse(
      "sweep/field",
      `${key} makes no difference to ${names}: each value gives the same network`,
      ["axes", key],
      {
        ...{
          key: true,
          hint: "set the field that overrides it, such as that of a stage; gates sets all gates",
        },
      },
    );
  }
}

/** What tells the networks apart that a field's values make, by themselves; a value that is refused is one of its own. */
function networksOf(
  { base, facts }: OpenedBase,
  key: string,
  values: readonly unknown[],
): ReadonlySet<string> {
  if (base.kind !== "spec") return new Set([facts.hash]);
  return new Set(
    values.map((value) => {
      const setting = settingText(key, value);
      try {
        return loadSource({ file: base.file, text: base.text }, NO_LIBRARY, { set: [setting] }).hash;
      } catch (error) {
        if (!(error instanceof InputError)) throw error;
        return setting;
      }
    }),
  );
}

import { checkNames, type NamesOf } from "../check-names.js";
import type { RefuseDefinition } from "../definitions/amounts.js";
import { checkBlockLayers } from "../definitions/check-block-layers.js";
import {
  checkExpressions,
  checkGateLayers,
  checkLayerNames,
  expressionsIn,
  type WrittenList,
  withInner,
} from "../definitions/check-layers.js";
import { namesOf } from "../definitions/check-values.js";
import type { FilledSpec } from "../schema.js";
import { INPUT_VALUE } from "../values.js";
import type { WrittenMapHead } from "./schema.js";

/** What expressions of necks and heads know. */
const KNOWN_NAMES = ["inputChannels", "in"] as const;

const WITHOUT_A_STAGE = {
  message: "neck and heads belong to no stage, so no gate of a stage applies here",
  hint: 'name the gate: "attention": "eca"',
};

/** Checks the layers of neck and heads, as far as that needs no numbers. Gives false where anything is wrong. */
export function checkNeckLayers(
  { neck, heads = [], blocks }: Pick<FilledSpec, "neck" | "heads" | "blocks">,
  refuse: RefuseDefinition,
): boolean {
  let sound = true;
  const report: RefuseDefinition = (problem) => {
    sound = false;
    refuse(problem);
  };
  const lists: readonly WrittenList[] = [
    ...(neck === undefined ? [] : [{ layers: neck.layers, at: ["neck", "layers"] }]),
    ...heads.map(({ layers }, i) => ({ layers, at: ["heads", i, "layers"] })),
  ].flatMap(withInner);
  checkExpressions(expressionsIn(lists), KNOWN_NAMES, report);
  checkLayerNames(lists, report);
  checkBlockLayers(lists, blocks, report);
  for (const list of lists) checkGateLayers(list, WITHOUT_A_STAGE, report);
  heads.forEach(({ layers }, i) => {
    checkNames(namesOf(layers, ["heads", i, "layers"]), { noun: "layer", own: [INPUT_VALUE] }, report);
  });
  return sound;
}

/** The names that layers of the neck read and give, in their order. */
export function namesInNeck({ neck }: Pick<FilledSpec, "neck">): readonly NamesOf[] {
  if (neck === undefined) return [];
  return namesOf(neck.layers, ["neck", "layers"]).map((names) => ({ ...names, levels: true }));
}

/** The names that heads read, and their own. */
export function namesInHeads({ heads = [] }: Pick<FilledSpec, "heads">): readonly NamesOf[] {
  return heads.flatMap(({ name, from }, i): readonly NamesOf[] => {
    const at = ["heads", i];
    const reads =
      typeof from === "string"
        ? [{ name: from, at: [...at, "from"] }]
        : from.map((each, k) => ({ name: each, at: [...at, "from", k] }));
    const unread = "later heads read it, or it has an `output`";
    return [{ reads, levels: true, gives: { name, at: [...at, "name"], unread } }];
  });
}

/** The heads whose results are outputs, so that nothing needs to read them. */
export function headsWithOutputs(heads: readonly WrittenMapHead[] = []): readonly string[] {
  return heads.flatMap(({ name, output }) => (output === "none" ? [] : [name]));
}

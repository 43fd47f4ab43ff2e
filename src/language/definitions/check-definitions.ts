import type { JsonPath } from "../../base/json-path.js";
import { BLOCK_TYPES, isDefined, type Stage } from "../blocks/registry.js";
import type { RefuseDefinition } from "./amounts.js";
import { checkBlockLayers, checkNesting, readsStride, unreadStride } from "./check-block-layers.js";
import {
  checkExpressions,
  checkGateLayers,
  checkLayerNames,
  expressionsOf,
  listsOf,
} from "./check-layers.js";
import { checkValues } from "./check-values.js";
import { type DefinedStage, type Definition, hasMeaning } from "./definition.js";

/** What every expression knows beside the definition's fields; `resolveDefinition` gives the values. */
const KNOWN_NAMES = ["inputChannels", "channels", "stride", "in", "index", "stage", "repeat"] as const;

const BESIDE_THE_MAIN_PATH = {
  message: "only the main path has a layer for the stage's gate",
  hint: "set the gate here with `attention`; a stage's `position` can be identity or post",
};

/** The parts of a spec that have to do with definitions. */
interface DefinedParts {
  readonly blocks: Readonly<Record<string, Definition>>;
  readonly stages: readonly Stage[];
}

/**
 * Checks the blocks that a spec defines, and that its stages say nothing that they don't look at. Gives false where a
 * definition is wrong, as no block can then be made of it.
 */
export function checkDefinitions({ blocks, stages }: DefinedParts, refuse: RefuseDefinition): boolean {
  const all = Object.entries(blocks);
  const sound = new Map(
    all.filter(([name, definition]) => checkDefinition(name, definition, blocks, refuse)),
  );
  let isEndless = false;
  checkNesting(blocks, (problem) => {
    isEndless = true;
    refuse(problem);
  });
  stages.forEach((stage, i) => {
    const definition = sound.get(stage.block);
    if (definition !== undefined && isDefined(stage)) {
      checkDefinedStage(stage, ["stages", i], definition, refuse);
    }
  });
  return sound.size === all.length && !isEndless;
}

/**
 * Checks what is true of a definition in every stage: its names are free, its expressions can be read and speak of
 * what there is. Gives false where anything is wrong.
 */
function checkDefinition(
  name: string,
  definition: Definition,
  blocks: DefinedParts["blocks"],
  refuse: RefuseDefinition,
): boolean {
  const path: JsonPath = ["blocks", name];
  let sound = true;
  const report: RefuseDefinition = (problem) => {
    sound = false;
    refuse(problem);
  };
  if ((BLOCK_TYPES as readonly string[]).includes(name)) {
    report({ path, message: `"${name}" is a block of ecagen's own`, hint: "choose another name" });
  }
  for (const field of Object.keys(definition.fields)) {
    if (hasMeaning(field)) {
      report({
        path: [...path, "fields", field],
        message: `"${field}" has a meaning already`,
        hint: "choose another name",
      });
    }
  }
  const names = [...KNOWN_NAMES, ...Object.keys(definition.fields)];
  checkExpressions(expressionsOf(definition, path), names, report);
  checkValues(definition, path, report);
  const lists = listsOf(definition, path);
  for (const list of lists) {
    const isMain = list.at[path.length] === "layers";
    checkGateLayers(list, isMain ? undefined : BESIDE_THE_MAIN_PATH, report);
  }
  checkLayerNames(lists, report);
  checkBlockLayers(lists, blocks, report);
  return sound;
}

/** A stage says nothing that its blocks don't look at. */
function checkDefinedStage(
  stage: DefinedStage,
  path: JsonPath,
  definition: Definition,
  refuse: RefuseDefinition,
): void {
  if (stage.stride !== 1 && !readsStride(definition))
    refuse({ path: [...path, "stride"], ...unreadStride(stage.block, "stage") });
}

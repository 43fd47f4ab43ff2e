import type { JsonPath } from "../../base/json-path.js";
import { didYouMean } from "../../base/suggest.js";
import { BLOCK_TYPES, isDefined, type Stage } from "../blocks/registry.js";
import type { RefuseDefinition } from "./amounts.js";
import { checkValues } from "./check-values.js";
import { type DefinedStage, type Definition, hasMeaning } from "./definition.js";
import { ExpressionError, namesIn, parseExpression } from "./expression.js";
import { PADDINGS, POOL_PADDINGS } from "./layer-fields.js";
import type { WrittenLayer } from "./layer-schema.js";

/** What every expression knows beside the definition's fields; `resolveDefinition` gives the values. */
const KNOWN_NAMES = ["inputChannels", "channels", "stride", "in", "index", "stage", "repeat"] as const;

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
  const sound = new Map(all.filter(([name, definition]) => checkDefinition(name, definition, refuse)));
  stages.forEach((stage, i) => {
    const definition = sound.get(stage.block);
    if (definition !== undefined && isDefined(stage)) {
      checkDefinedStage(stage, ["stages", i], definition, refuse);
    }
  });
  return sound.size === all.length;
}

/**
 * Checks what is true of a definition in every stage: its names are free, its expressions can be read and speak of
 * what there is. Gives false where anything is wrong.
 */
function checkDefinition(name: string, definition: Definition, refuse: RefuseDefinition): boolean {
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
  for (const { text, at, words } of expressionsOf(definition, path)) {
    try {
      for (const { name: read, at: span } of namesIn(parseExpression(text))) {
        if (names.includes(read)) continue;
        const message = `there is nothing of the name ${JSON.stringify(read)}`;
        report({ path: at, message, at: span, hint: didYouMean(read, [...words, ...names]) });
      }
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error;
      report({ path: at, message: error.message, at: error.at, hint: error.hint });
    }
  }
  checkValues(definition, path, report);
  for (const { layers, at } of listsOf(definition, path)) {
    const isMain = at[path.length] === "layers";
    layers.forEach((layer, i) => {
      if (layer.layer === "attention" && !isMain) {
        report({
          path: [...at, i],
          message: "only the main path has a layer for the gate",
          hint: "a stage's `position` has words for the shortcut and for after the sum: identity, post",
        });
      }
      const own = "name" in layer ? layer.name : undefined;
      const first = layers.findIndex((each) => "name" in each && each.name === own);
      if (own !== undefined && first < i) {
        report({ path: [...at, i, "name"], message: `the list has two layers of the name "${own}"` });
      }
    });
  }
  return sound;
}

/** A stage says nothing that its blocks don't look at. */
function checkDefinedStage(
  stage: DefinedStage,
  path: JsonPath,
  definition: Definition,
  refuse: RefuseDefinition,
): void {
  if (stage.stride === 1) return;
  const readsStride = expressionsOf(definition, []).some(({ text }) =>
    namesIn(parseExpression(text)).some(({ name }) => name === "stride"),
  );
  if (!readsStride) {
    refuse({
      path: [...path, "stride"],
      message: `the layers of "${stage.block}" don't look at the stage's stride`,
      hint: 'say `"stride": "stride"` in one of its layers, or leave the stride out',
    });
  }
}

interface WrittenText {
  readonly at: JsonPath;
  readonly text: string;
}

interface WrittenExpression extends WrittenText {
  /** What may stand there. */
  readonly words: readonly string[];
}

/** The keys of layers whose texts are words and not expressions. */
const WORD_KEYS: ReadonlySet<string> = new Set([
  "layer",
  "name",
  "kind",
  "activation",
  "input",
  "join",
  "as",
  "from",
  "to",
  "mode",
  "order",
  "trained",
]);

/** The words that a layer's `padding` may be beside expressions. */
function paddingWords(layer: WrittenLayer["layer"]): readonly string[] {
  return layer === "pool" ? POOL_PADDINGS : PADDINGS;
}

function expressionsOf(definition: Definition, path: JsonPath): readonly WrittenExpression[] {
  const { residual } = definition;
  const own = typeof residual !== "string" ? [] : [{ text: residual, at: [...path, "residual"], words: [] }];
  const inLayers = listsOf(definition, path).flatMap(({ layers, at }) =>
    layers.flatMap((layer, i) =>
      Object.entries(layer).flatMap(([key, value]) => {
        const words = key === "padding" ? paddingWords(layer.layer) : [];
        if (WORD_KEYS.has(key) || words.some((word) => word === value)) return [];
        return textsIn(value, [...at, i, key]).map((each) => ({ ...each, words }));
      }),
    ),
  );
  return [...own, ...inLayers];
}

function textsIn(value: unknown, at: JsonPath): readonly WrittenText[] {
  if (typeof value === "string") return [{ text: value, at }];
  // Lists of objects are layers, which have lists of their own.
  if (!Array.isArray(value)) return [];
  return value.flatMap((item, i) => (typeof item === "string" ? [{ text: item, at: [...at, i] }] : []));
}

interface WrittenList {
  readonly layers: readonly WrittenLayer[];
  readonly at: JsonPath;
}

/** Every list of layers in a definition, also those inside of layers. */
function listsOf(definition: Definition, path: JsonPath): readonly WrittenList[] {
  const lists = (["layers", "shortcut", "after"] as const).map((key) => ({
    layers: definition[key] ?? [],
    at: [...path, key],
  }));
  return lists.flatMap(withInner);
}

function withInner(list: WrittenList): readonly WrittenList[] {
  const inner = list.layers.flatMap((layer, i): readonly WrittenList[] => {
    const at = [...list.at, i];
    if (layer.layer === "repeat") return [{ layers: layer.layers, at: [...at, "layers"] }];
    if (layer.layer !== "branches") return [];
    return layer.branches.map((layers, branch) => ({ layers, at: [...at, "branches", branch] }));
  });
  return [list, ...inner.flatMap(withInner)];
}

import type { JsonPath } from "../../base/json-path.js";
import { didYouMean } from "../../base/suggest.js";
import { listedGates, STAGE_GATE_KEYS } from "../attention.js";
import type { RefuseDefinition } from "./amounts.js";
import type { Definition } from "./definition.js";
import { ExpressionError, namesIn, parseExpression } from "./expression.js";
import { PADDINGS, POOL_PADDINGS } from "./layer-fields.js";
import type { WrittenLayer } from "./layer-schema.js";

/** Checks what is true of lists of layers wherever they stand: their expressions can be read and speak of what there is. */
export function checkExpressions(
  expressions: readonly WrittenExpression[],
  names: readonly string[],
  report: RefuseDefinition,
): void {
  for (const { text, at, words } of expressions) {
    try {
      for (const { name: read, at: span } of namesIn(parseExpression(text))) {
        if (names.includes(read)) continue;
        const message = `there is nothing named ${JSON.stringify(read)}`;
        report({ path: at, message, at: span, hint: didYouMean(read, [...words, ...names]) });
      }
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error;
      report({ path: at, message: error.message, at: error.at, hint: error.hint });
    }
  }
}

/** What is true of layers for gates: which gate is meant is known, and a gate of its own stands where the layer is. */
export function checkGateLayers(
  { layers, at }: WrittenList,
  unknown: { readonly message: string; readonly hint: string } | undefined,
  report: RefuseDefinition,
): void {
  layers.forEach((layer, i) => {
    if (layer.layer !== "attention") return;
    const path = [...at, i];
    if (layer.attention === undefined && unknown !== undefined) report({ path, ...unknown });
    for (const { gate, item } of listedGates(layer.attention)) {
      for (const key of STAGE_GATE_KEYS) {
        if (gate[key] === undefined) continue;
        const place = [...path, "attention", ...(item === undefined ? [] : [item]), key];
        report({ path: place, message: `a gate of a layer stands where the layer is, and has no ${key}` });
      }
    }
  });
}

/** The names of a list's layers are its own, each of one layer. */
export function checkLayerNames(lists: readonly WrittenList[], report: RefuseDefinition): void {
  for (const { layers, at } of lists) {
    layers.forEach((layer, i) => {
      const own = "name" in layer ? layer.name : undefined;
      const first = layers.findIndex((each) => "name" in each && each.name === own);
      if (own !== undefined && first < i) {
        report({ path: [...at, i, "name"], message: `the list has two layers of the name "${own}"` });
      }
    });
  }
}

interface WrittenText {
  readonly at: JsonPath;
  readonly text: string;
}

export interface WrittenExpression extends WrittenText {
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
  "weights",
  "keys",
  "values",
  "over",
  "mode",
  "order",
  "trained",
  "attention",
  "block",
]);

/** The words that a layer's `padding` may be beside expressions. */
function paddingWords(layer: WrittenLayer["layer"]): readonly string[] {
  return layer === "pool" ? POOL_PADDINGS : PADDINGS;
}

export function expressionsOf(definition: Definition, path: JsonPath): readonly WrittenExpression[] {
  const { residual } = definition;
  const own = typeof residual !== "string" ? [] : [{ text: residual, at: [...path, "residual"], words: [] }];
  return [...own, ...expressionsIn(listsOf(definition, path))];
}

/** The expressions of lists of layers. */
export function expressionsIn(lists: readonly WrittenList[]): readonly WrittenExpression[] {
  return lists.flatMap(({ layers, at }) =>
    layers.flatMap((layer, i) =>
      Object.entries(layer).flatMap(([key, value]) => {
        const words = key === "padding" ? paddingWords(layer.layer) : [];
        if (WORD_KEYS.has(key) || words.some((word) => word === value)) return [];
        return textsIn(value, [...at, i, key]).map((each) => ({ ...each, words }));
      }),
    ),
  );
}

function textsIn(value: unknown, at: JsonPath): readonly WrittenText[] {
  if (typeof value === "string") return [{ text: value, at }];
  if (!Array.isArray(value)) {
    const own = typeof value === "object" && value !== null ? Object.entries(value) : [];
    return own.flatMap(([key, each]) => textsIn(each, [...at, key]));
  }
  // Lists of objects are layers, which have lists of their own.
  return value.flatMap((item, i) => (typeof item === "string" ? [{ text: item, at: [...at, i] }] : []));
}

export interface WrittenList {
  readonly layers: readonly WrittenLayer[];
  readonly at: JsonPath;
}

/** Every list of layers in a definition, also those inside of layers. */
export function listsOf(definition: Definition, path: JsonPath): readonly WrittenList[] {
  const lists = (["layers", "shortcut", "after"] as const).map((key) => ({
    layers: definition[key] ?? [],
    at: [...path, key],
  }));
  return lists.flatMap(withInner);
}

/** A list with those inside of its layers. */
export function withInner(list: WrittenList): readonly WrittenList[] {
  const inner = list.layers.flatMap((layer, i): readonly WrittenList[] => {
    const at = [...list.at, i];
    if (layer.layer === "repeat") return [{ layers: layer.layers, at: [...at, "layers"] }];
    if (layer.layer !== "branches") return [];
    return layer.branches.map((layers, branch) => ({ layers, at: [...at, "branches", branch] }));
  });
  return [list, ...inner.flatMap(withInner)];
}

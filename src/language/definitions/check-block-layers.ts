import { didYouMean } from "../../base/suggest.js";
import { listedGates, STAGE_GATE_KEYS } from "../attention.js";
import type { RefuseDefinition } from "./amounts.js";
import { expressionsOf, listsOf, type WrittenList } from "./check-layers.js";
import type { Definition } from "./definition.js";
import { ExpressionError, namesIn, parseExpression } from "./expression.js";
import type { WrittenLayer } from "./layer-schema.js";

type Definitions = Readonly<Record<string, Definition>>;

type BlockLayer = Extract<WrittenLayer, { readonly layer: "block" }>;

/** Checks the layers that are blocks of the spec's own: there is such a block, and they say what it asks for and nothing else. */
export function checkBlockLayers(
  lists: readonly WrittenList[],
  definitions: Definitions,
  report: RefuseDefinition,
): void {
  for (const { layers, at } of lists) {
    layers.forEach((layer, i) => {
      if (layer.layer === "block") checkBlockLayer(layer, [...at, i], definitions, report);
    });
  }
}

function checkBlockLayer(
  layer: BlockLayer,
  path: WrittenList["at"],
  definitions: Definitions,
  report: RefuseDefinition,
): void {
  const known = Object.keys(definitions);
  const definition = Object.hasOwn(definitions, layer.block) ? definitions[layer.block] : undefined;
  if (definition === undefined) {
    const message = `the spec defines no block ${JSON.stringify(layer.block)}`;
    report({ path: [...path, "block"], message, hint: didYouMean(layer.block, known) });
    return;
  }
  const fields = Object.keys(definition.fields);
  for (const field of Object.keys(layer.fields)) {
    if (fields.includes(field)) continue;
    const message = `"${layer.block}" has no field ${JSON.stringify(field)}`;
    report({ path: [...path, "fields", field], message, hint: didYouMean(field, fields) });
  }
  for (const [field, { default: usual }] of Object.entries(definition.fields)) {
    if (usual === undefined && !Object.hasOwn(layer.fields, field))
      report({ path, message: `the field "${field}" of "${layer.block}" is missing` });
  }
  if (layer.stride !== 1 && !readsStride(definition))
    report({ path: [...path, "stride"], ...unreadStride(layer.block, "layer") });
  for (const { gate, item } of listedGates(layer.attention)) {
    const key = STAGE_GATE_KEYS[1];
    if (gate[key] === undefined) continue;
    const place = [...path, "attention", ...(item === undefined ? [] : [item]), key];
    report({ path: place, message: "a layer is one block, whose gates are all of them" });
  }
}

/** Whether an expression of a definition asks for the stride. What can't be read is reported elsewhere. */
export function readsStride(definition: Definition): boolean {
  return expressionsOf(definition, []).some(({ text }) => {
    try {
      return namesIn(parseExpression(text)).some(({ name }) => name === "stride");
    } catch (error) {
      if (error instanceof ExpressionError) return true;
      throw error;
    }
  });
}

/** What is wrong with a stride that nothing looks at. */
export function unreadStride(block: string, owner: "stage" | "layer"): { message: string; hint: string } {
  return {
    message: `the layers of "${block}" don't look at the ${owner}'s stride`,
    hint: 'write `"stride": "stride"` in one of its layers, or leave the stride out',
  };
}

/** Refuses blocks that hold themselves, at the layer by which they do. */
export function checkNesting(definitions: Definitions, report: RefuseDefinition): void {
  const inner = (name: string): readonly { readonly block: string; readonly path: WrittenList["at"] }[] => {
    const definition = Object.hasOwn(definitions, name) ? definitions[name] : undefined;
    if (definition === undefined) return [];
    return listsOf(definition, ["blocks", name]).flatMap(({ layers, at }) =>
      layers.flatMap((layer, i) =>
        layer.layer === "block" ? [{ block: layer.block, path: [...at, i] }] : [],
      ),
    );
  };
  const reaches = (from: string, wanted: string, seen: Set<string>): boolean => {
    if (from === wanted) return true;
    if (seen.has(from)) return false;
    seen.add(from);
    return inner(from).some(({ block }) => reaches(block, wanted, seen));
  };
  for (const name of Object.keys(definitions)) {
    for (const { block, path } of inner(name)) {
      if (reaches(block, name, new Set()))
        report({ path: [...path, "block"], message: `"${name}" is in itself, without an end` });
    }
  }
}

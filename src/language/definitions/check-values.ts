import type { JsonPath } from "../../base/json-path.js";
import { checkNames, type NamesOf, type NameUse } from "../check-names.js";
import { INPUT_VALUE, readingOf } from "../values.js";
import type { RefuseDefinition } from "./amounts.js";
import type { Definition } from "./definition.js";
import type { WrittenLayer } from "./layer-schema.js";
import { valuesBeside } from "./named-values.js";

/** Checks the named values of a definition: each that is read was given before, once, and each is read. */
export function checkValues(definition: Definition, path: JsonPath, refuse: RefuseDefinition): void {
  const uses = (["layers", "shortcut", "after"] as const).flatMap((key) =>
    namesOf(definition[key] ?? [], [...path, key]),
  );
  checkNames(uses, { noun: "layer", own: [INPUT_VALUE] }, refuse);
}

/** What layers read, what is inside of them, and what they give, in the order in which they run. */
export function namesOf(layers: readonly WrittenLayer[], path: JsonPath): readonly NamesOf[] {
  return layers.flatMap((layer, i) => {
    const at = [...path, i];
    const from = layer.from === undefined ? [] : readingOf(layer.from).names;
    const reads = from.map((name): NameUse => ({ name, at: [...at, "from"] }));
    reads.push(...valuesBeside(layer).map(({ key, name }) => ({ name, at: [...at, key] })));
    const gives =
      layer.as === undefined
        ? undefined
        : { name: layer.as, at: [...at, "as"], sometimes: layer.when !== undefined };
    return [{ reads }, ...insideOf(layer, at), { reads: [], gives }];
  });
}

function insideOf(layer: WrittenLayer, at: JsonPath): readonly NamesOf[] {
  if (layer.layer === "repeat") return namesOf(layer.layers, [...at, "layers"]);
  if (layer.layer !== "branches") return [];
  return layer.branches.flatMap((layers, i) => namesOf(layers, [...at, "branches", i]));
}

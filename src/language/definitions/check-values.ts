import type { JsonPath } from "../../base/json-path.js";
import { didYouMean } from "../../base/suggest.js";
import { INPUT_VALUE, readingOf } from "../values.js";
import type { RefuseDefinition } from "./amounts.js";
import type { Definition } from "./definition.js";
import type { WrittenLayer } from "./layer-schema.js";

/** A name that a layer reads or gives, and where it is written. */
interface NameUse {
  readonly name: string;
  readonly at: JsonPath;
}

/** A layer's names, in the order in which layers run: what it reads, what is inside of it, what it gives. */
interface LayerNames {
  readonly reads: readonly NameUse[];
  /** `sometimes`: the layer has a condition, and another one may give the name where it isn't there. */
  readonly gives?: (NameUse & { readonly sometimes: boolean }) | undefined;
}

/** Checks the named values of a definition: each that is read was given before, once, and each is read. */
export function checkValues(definition: Definition, path: JsonPath, refuse: RefuseDefinition): void {
  const uses = (["layers", "shortcut", "after"] as const).flatMap((key) =>
    namesOf(definition[key] ?? [], [...path, key]),
  );
  const all = uses.flatMap(({ gives }) => gives?.name ?? []);
  const given = new Map<string, boolean>([[INPUT_VALUE, false]]);
  for (const { reads, gives } of uses) {
    for (const { name, at } of reads) {
      if (given.has(name)) continue;
      const later = all.includes(name);
      const message = later ? `"${name}" is named by a later layer` : `no layer is named "${name}"`;
      const hint = later
        ? "a layer reads what stands before it"
        : didYouMean(name, [...new Set([...given.keys(), ...all])]);
      refuse({ path: at, message, hint });
    }
    if (gives === undefined) continue;
    const before = given.get(gives.name);
    if (before !== undefined && !(before && gives.sometimes)) {
      const message =
        gives.name === INPUT_VALUE
          ? `"${INPUT_VALUE}" is the map that the block begins with`
          : `two values have the name "${gives.name}"`;
      refuse({ path: gives.at, message, hint: "choose another name" });
    }
    given.set(gives.name, gives.sometimes);
  }
  const read = new Set(uses.flatMap(({ reads }) => reads.map(({ name }) => name)));
  for (const { gives } of uses) {
    if (gives === undefined || read.has(gives.name)) continue;
    refuse({ path: gives.at, message: `nothing reads "${gives.name}"`, hint: "leave `as` out" });
  }
}

function namesOf(layers: readonly WrittenLayer[], path: JsonPath): readonly LayerNames[] {
  return layers.flatMap((layer, i) => {
    const at = [...path, i];
    const from = layer.from === undefined ? [] : readingOf(layer.from).names;
    const reads = from.map((name): NameUse => ({ name, at: [...at, "from"] }));
    if (layer.layer === "upsample" && layer.to !== undefined)
      reads.push({ name: layer.to, at: [...at, "to"] });
    const gives =
      layer.as === undefined
        ? undefined
        : { name: layer.as, at: [...at, "as"], sometimes: layer.when !== undefined };
    return [{ reads }, ...insideOf(layer, at), { reads: [], gives }];
  });
}

function insideOf(layer: WrittenLayer, at: JsonPath): readonly LayerNames[] {
  if (layer.layer === "repeat") return namesOf(layer.layers, [...at, "layers"]);
  if (layer.layer !== "branches") return [];
  return layer.branches.flatMap((layers, i) => namesOf(layers, [...at, "branches", i]));
}

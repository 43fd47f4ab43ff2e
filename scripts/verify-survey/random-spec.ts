import * as fc from "fast-check";
import { countNetwork } from "../../src/analysis/counts.js";
import { InputError } from "../../src/base/diagnostic.js";
import type { JsonPath } from "../../src/base/json-path.js";
import { parseSpecText } from "../../src/files/spec-files.js";
import { type JsonSchema, specJsonSchema } from "../../src/language/json-schema.js";
import { buildNetwork } from "../../src/networks/blocks/network.js";
import { runPasses } from "../../src/passes/engine/manager.js";
import { numbersOf, textsOf } from "./random-values.js";

/*
 * Random specs over the whole language: the JSON Schema of specs says which keys there are and which words they take, so a
 * new block, gate or option is among them by itself. Only the sizes of numbers are chosen here (`random-values.ts`): as
 * the schema allows them, networks would be too large to run by the thousand.
 *
 * What the schema allows is often against a rule: groups that don't divide the channels, a kernel larger than the map. The
 * place of each diagnostic is taken out of the spec, until nothing is wrong.
 */

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** Keys that say nothing about the network. */
const LEFT_OUT = new Set(["description"]);

/** Those of a spec; `blocks` needs stages that fit, and `extends` other files. */
const LEFT_OUT_OF_ROOT = new Set([
  ...["$schema", "name", "description", "family", "extends", "expect", "preprocessing", "labels"],
  "blocks",
]);

/** Keys that are always there, by the place of their object: without them, images and classifiers would be large. */
const ALWAYS: Readonly<Record<string, readonly string[]>> = {
  "": ["input", "stem", "stages", "head"],
  input: ["height", "width"],
  head: ["classes"],
};

/** Kinds of gate that `defaults.attention` speaks of, most of which a spec doesn't have. */
const MOST_DEFAULTS = 2;

/** The name of the block that a spec defines, and the keys of a stage of it. */
const OWN_BLOCK = "own-block";

/** How deep layers of a definition are nested. */
const DEEPEST = 2;

/** How often a spec is mended before another one is drawn. */
const MOST_REPAIRS = 80;

/** More multiply-accumulates take too long in the reference interpreter. */
const MOST_MACS = 5e5;

const root = specJsonSchema();
const definitions = root.definitions as Readonly<Record<string, JsonSchema>>;

/** A valid spec of a small network, as a JSON text. The same for the same seed of fast-check. */
export const randomSpec: fc.Arbitrary<string> = fc
  .oneof({ weight: 4, arbitrary: objectOf(root, [], 0) }, { weight: 1, arbitrary: withOwnBlock() })
  .map((spec) => repaired(spec))
  .filter((text) => text !== undefined)
  .map((text) => text as string);

/** The random spec of a seed. */
export function specOfSeed(seed: number): string {
  const [text] = fc.sample(randomSpec, { seed, numRuns: 1 });
  if (text === undefined) throw new RangeError(`no spec of seed ${seed}`);
  return text;
}

/** A spec with a block of its own and at least one stage of such blocks. */
function withOwnBlock(): fc.Arbitrary<Json> {
  const { definition } = definitions;
  const stage = fc.record(
    {
      block: fc.constant(OWN_BLOCK),
      ...Object.fromEntries(
        ["repeat", "stride", "channels", "activation", "attention"].map((key) => [
          key,
          jsonOf(property(definitions.basic, key), ["stages", key], 0),
        ]),
      ),
      wide: fc.integer({ min: 1, max: 3 }),
    },
    { requiredKeys: ["block"] },
  );
  return fc
    .tuple(objectOf(root, [], 0), objectOf(definition, ["blocks"], 0), stage, stage, fc.nat())
    .map(([spec, own, first, second, place]) => {
      const { stages } = spec as { readonly stages: readonly Json[] };
      const at = place % (stages.length + 1);
      const fields = { wide: { default: 2 } };
      return {
        ...(spec as Record<string, Json>),
        blocks: { [OWN_BLOCK]: { ...(own as Record<string, Json>), fields } },
        stages: [...stages.slice(0, at), first as Json, ...stages.slice(at), second as Json].slice(0, 4),
      };
    });
}

function property(schema: JsonSchema | undefined, key: string): JsonSchema | undefined {
  return schema?.properties?.[key] as JsonSchema | undefined;
}

/** @param path the keys that lead to the value; indexes of lists and names of definitions are not among them */
function jsonOf(schema: JsonSchema | undefined, path: readonly string[], depth: number): fc.Arbitrary<Json> {
  if (schema === undefined) throw new RangeError(`the schema says nothing of ${path.join(".")}`);
  if (schema.$ref !== undefined) return jsonOf(definitions[schema.$ref.split("/").at(-1) ?? ""], path, depth);
  const choices = choicesOf(schema);
  if (choices !== undefined) {
    const open = choices.filter((choice) => !isOwnStage(choice) && (depth < DEEPEST || !isNesting(choice)));
    return fc.oneof(...open.map((choice) => jsonOf(choice, path, depth + (isNesting(choice) ? 1 : 0))));
  }
  if (schema.const !== undefined) return fc.constant(schema.const as Json);
  if (schema.enum !== undefined) return fc.constantFrom(...(schema.enum as Json[]));
  switch (schema.type) {
    case "boolean":
      return fc.boolean();
    case "integer":
    case "number":
      return numbersOf(path, schema);
    case "string":
      return textsOf(path);
    case "array":
      return listOf(schema, path, depth);
    case "object":
      return objectOf(schema, path, depth);
    default:
      throw new RangeError(`the schema of ${path.join(".")} is of no known form`);
  }
}

function choicesOf({ allOf, anyOf, oneOf }: JsonSchema): readonly JsonSchema[] | undefined {
  return (allOf ?? anyOf ?? oneOf) as readonly JsonSchema[] | undefined;
}

/** The form of stages whose block the spec defines: which it defines is known to `withOwnBlock`. */
function isOwnStage(schema: JsonSchema): boolean {
  return (schema.properties?.block as JsonSchema | undefined)?.not !== undefined;
}

/** Whether it is a layer that has layers. */
function isNesting({ properties = {} }: JsonSchema): boolean {
  return "layer" in properties && ("layers" in properties || "branches" in properties);
}

function listOf(
  { items, minItems = 0 }: JsonSchema,
  path: readonly string[],
  depth: number,
): fc.Arbitrary<Json> {
  if (Array.isArray(items)) {
    return fc.tuple(...(items as JsonSchema[]).map((item) => jsonOf(item, path, depth)));
  }
  const item = jsonOf(items as JsonSchema, path, depth);
  return fc.array(item, { minLength: minItems, maxLength: minItems + 2 });
}

function objectOf(
  schema: JsonSchema | undefined,
  path: readonly string[],
  depth: number,
): fc.Arbitrary<Json> {
  const place = path.join(".");
  const entries = Object.entries(schema?.properties ?? {})
    .filter(([key]) => !(place === "" ? LEFT_OUT_OF_ROOT : LEFT_OUT).has(key))
    .map(([key, value]) => [key, jsonOf(value as JsonSchema, [...path, key], depth)] as const);
  const record = (of: typeof entries): fc.Arbitrary<Json> =>
    fc.record(Object.fromEntries(of), {
      requiredKeys: [...(ALWAYS[place] ?? []), ...(schema?.required ?? [])],
      noNullPrototype: true,
    });
  return place === "defaults.attention"
    ? fc.subarray(entries, { maxLength: MOST_DEFAULTS }).chain(record)
    : record(entries);
}

/** The spec as a text, without the places that diagnostics point at; undefined where nothing is left of it. */
function repaired(spec: Json): string | undefined {
  let current: Json | undefined = spec;
  for (let i = 0; i < MOST_REPAIRS && current !== undefined; i++) {
    const text = JSON.stringify(current);
    const path = problemOf(text);
    if (path === undefined) return text;
    current = path.length === 0 ? undefined : without(current, path);
  }
  return undefined;
}

/** The place of what is wrong with a spec first; undefined where nothing is, the root for what has no place. */
function problemOf(text: string): JsonPath | undefined {
  try {
    const { resolved } = parseSpecText(text, "random.json");
    const graph = runPasses(buildNetwork(resolved), resolved.passes).graph;
    return countNetwork(graph).macs > MOST_MACS ? [] : undefined;
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return error.diagnostics[0]?.path ?? [];
  }
}

/** The value without what lies at the path, or without the innermost of it that is there. */
function without(value: Json, [step, ...rest]: JsonPath): Json | undefined {
  const inner = step === undefined ? undefined : childOf(value, step);
  if (step === undefined || inner === undefined) return undefined;
  const left = without(inner, rest);
  if (Array.isArray(value)) {
    return value.flatMap((each, i) => (i !== step ? [each] : left === undefined ? [] : [left]));
  }
  const entries = Object.entries(value as Readonly<Record<string, Json>>);
  return Object.fromEntries(
    entries.flatMap(([key, each]) =>
      key !== step ? [[key, each]] : left === undefined ? [] : [[key, left]],
    ),
  );
}

function childOf(value: Json, step: string | number): Json | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  return (value as Readonly<Record<string | number, Json>>)[step];
}

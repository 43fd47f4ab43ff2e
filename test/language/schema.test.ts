import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { specDocs } from "../../scripts/spec-docs.js";
import { ATTENTION_TYPES } from "../../src/ir/attention/modules.js";
import { BLOCK_TYPES } from "../../src/language/blocks/registry.js";
import { type JsonSchema, specJsonSchema } from "../../src/language/json-schema.js";
import type { SpecInput } from "../../src/language/schema.js";

const test = suite("spec: schema");

const read = (file: string): string => readFileSync(file, "utf8").replaceAll("\r\n", "\n");

test("the committed JSON Schema and docs are what the code makes", () => {
  assert.is(read("schema/ecagen.schema.json"), `${JSON.stringify(specJsonSchema(), null, 2)}\n`);
  assert.is(read("docs/spec.md"), specDocs());
});

test("docs/spec.md has every key of the schema in a table, with its description", () => {
  const rows = read("docs/spec.md")
    .split("\n")
    .filter((line) => line.startsWith("| `"));
  const missing: string[] = [];
  const seen = new Set<unknown>();
  const visit = (schema: unknown, at: string): void => {
    if (typeof schema !== "object" || schema === null || seen.has(schema)) return;
    seen.add(schema);
    const { properties, ...more } = schema as JsonSchema;
    for (const [key, property] of Object.entries(properties ?? {})) {
      const { description } = property as { readonly description?: string };
      const row = `| \`${key}\` |`;
      const isThere = rows.some((each) => {
        return each.startsWith(row) && each.includes((description ?? "").replaceAll("|", "\\|"));
      });
      // What a spec without a base must have repeats keys without a word.
      if (description !== undefined && !isThere) missing.push(`${at}.${key}`);
      visit(property, `${at}.${key}`);
    }
    for (const [key, each] of Object.entries(more)) visit(each, `${at}/${key}`);
  };
  visit(specJsonSchema(), "$");
  assert.equal(missing, []);
  assert.ok(seen.size > 500, "the schema was walked");
});

test("it is draft-07, with an id and a title", () => {
  const { $schema, $id, title } = specJsonSchema();
  assert.equal([$schema, title], ["http://json-schema.org/draft-07/schema#", "ecagen spec"]);
  assert.match($id ?? "", /^https:.*ecagen\.schema\.json$/);
});

test("every key of every object has a description", () => {
  const without: string[] = [];
  const visit = (schema: JsonSchema | boolean | undefined, at: string): void => {
    if (typeof schema !== "object") return;
    for (const [key, property] of Object.entries(schema.properties ?? {})) {
      const constraint = at.includes("anyOf[1]");
      if (typeof property === "object" && !property.description && !constraint) without.push(`${at}.${key}`);
      visit(property, `${at}.${key}`);
    }
    for (const [key, definition] of Object.entries(schema.definitions ?? {}))
      visit(definition as JsonSchema, `#${key}`);
    schema.oneOf?.forEach((each, i) => {
      visit(each, `${at}.oneOf[${i}]`);
    });
  };
  visit(specJsonSchema(), "$");
  assert.equal(without, []);
});

test("no object allows unknown keys, but stages of the spec's own blocks allow their fields", () => {
  const open: string[] = [];
  const visit = (value: unknown, at: string): void => {
    if (typeof value !== "object" || value === null) return;
    const { type, properties, additionalProperties } = value as JsonSchema;
    if (type === "object" && properties !== undefined && additionalProperties !== false) open.push(at);
    for (const [key, each] of Object.entries(value)) visit(each, `${at}.${key}`);
  };
  visit(specJsonSchema(), "$");
  assert.equal(open, ["$.properties.stages.items.anyOf.1"]);
});

test("a spec needs stem and stages, unless it extends another one", () => {
  const { anyOf, required, properties } = specJsonSchema();
  assert.is(required, undefined);
  assert.equal(anyOf, [
    { required: ["extends"] },
    {
      required: ["stem", "stages"],
      properties: {
        stem: { required: ["channels"] },
        neck: { required: ["layers"] },
        detection: { required: ["scores", "boxes"] },
        blocks: { additionalProperties: { required: ["layers"] } },
      },
    },
  ]);
  const stem = properties?.stem;
  assert.is(typeof stem === "object" && stem.required, undefined);
});

test("a spec that extends another one may say a part of a definition, as skresnet50d does", () => {
  const { definition } = specJsonSchema().definitions as Readonly<Record<string, JsonSchema>>;
  assert.is(definition?.required, undefined);
  const { extends: base, blocks } = JSON.parse(read("specs/skresnet50d.json")) as SpecInput;
  assert.type(base, "string");
  assert.ok(Object.values(blocks ?? {}).some((definition) => !Object.hasOwn(definition, "layers")));
});

test("every definition of the schema is about something that a spec has", () => {
  const names = Object.keys(specJsonSchema().definitions ?? {});
  assert.equal(names, ["attention", "definition", "layer", ...BLOCK_TYPES]);
});

test("the shorthands are part of it", () => {
  const { properties, definitions } = specJsonSchema();
  const stages = properties?.stages as JsonSchema;
  const [blockString] = (stages.items as JsonSchema).anyOf as JsonSchema[];
  assert.is(blockString?.type, "string");
  const { attention } = definitions as Readonly<Record<string, JsonSchema>>;
  const name = attention?.anyOf?.[0];
  assert.equal(typeof name === "object" && name.enum, [...ATTENTION_TYPES]);
  const forms = ((properties?.attention as JsonSchema | undefined)?.anyOf ?? []) as readonly JsonSchema[];
  const gate = { $ref: "#/definitions/attention" };
  assert.is(forms.find((each) => each.const !== undefined)?.const, "none");
  assert.match(JSON.stringify(forms), JSON.stringify(gate));
  assert.match(JSON.stringify(forms), `"items":${JSON.stringify(gate)}`);
});

test.run();

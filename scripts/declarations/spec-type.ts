import { specJsonSchema } from "../../src/language/json-schema.js";
import { indented } from "./type-writer.js";

/** What is read of a JSON Schema. */
interface Schema {
  readonly $ref?: string;
  readonly description?: string;
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly definitions?: Readonly<Record<string, Schema>>;
}

/** Parts that have names of their own, by their keys; `[]` is an element. Of several parts of one key, the longest. */
const NAMES: ReadonlyMap<string, string> = new Map([
  ["stages[]", "SpecStage"],
  ["passes[]", "SpecPass"],
  ["from", "SpecSource"],
  ["activation", "SpecActivation"],
  ["position", "SpecPosition"],
  ["to", "SpecSwapTarget"],
]);

/**
 * The type of a spec as one writes it, made of its JSON Schema: each field with its description, and the parts that it has in several places
 * by names of their own. The first is `Spec`.
 */
export function specTypes(): ReadonlyMap<string, string> {
  return new SpecWriter(specJsonSchema() as Schema).declarations();
}

class SpecWriter {
  readonly #root: Schema;
  /** The names of parts that stand in several places, by their text. */
  readonly #named = new Map<string, string>();
  readonly #declared = new Map<string, string>();

  constructor(root: Schema) {
    this.#root = root;
    const longest = new Map<string, string>();
    visit(root, "", (part, key) => {
      const text = textOf(part);
      if (text.length > (longest.get(key)?.length ?? 0)) longest.set(key, text);
    });
    for (const [key, name] of NAMES) {
      const text = longest.get(key);
      if (text === undefined) throw new Error(`no part of a spec is called ${key}`);
      this.#named.set(text, name);
    }
  }

  declarations(): ReadonlyMap<string, string> {
    // What `extends` may leave to a base is said by `anyOf` of the root alone: each field may be left out.
    const { anyOf: _, required: __, ...spec } = this.#root;
    const text = `${comment(spec)}export interface Spec ${this.#object(spec)}`;
    return new Map([["Spec", text], ...this.#declared]);
  }

  #text(schema: Schema): string {
    if (schema.$ref !== undefined) {
      const name = schema.$ref.replace("#/definitions/", "");
      const definition = this.#root.definitions?.[name];
      if (definition === undefined) throw new Error(`the schema of specs has no ${schema.$ref}`);
      return this.#declare(typeName(name), definition);
    }
    const name = this.#named.get(textOf(schema));
    return name === undefined ? this.#written(schema) : this.#declare(name, schema);
  }

  #declare(name: string, schema: Schema): string {
    if (this.#declared.has(name)) return name;
    this.#declared.set(name, "");
    const text = this.#written(schema);
    const declaration = text.startsWith("{") && text.indexOf("\n}") === text.length - 2;
    this.#declared.set(
      name,
      `${comment(schema)}export ${declaration ? `interface ${name} ${text}` : `type ${name} = ${text};`}`,
    );
    return name;
  }

  #written(schema: Schema): string {
    if (schema.const !== undefined) return JSON.stringify(schema.const);
    if (schema.enum !== undefined) return schema.enum.map((each) => JSON.stringify(each)).join(" | ");
    const alternatives = schema.anyOf ?? schema.oneOf;
    if (alternatives !== undefined)
      return [...new Set(alternatives.map((each) => this.#text(each)))].join(" | ");
    if (Array.isArray(schema.type))
      return schema.type.map((type) => this.#written({ ...schema, type })).join(" | ");
    switch (schema.type) {
      case "integer":
      case "number":
        return "number";
      case "array":
        return `readonly ${inParentheses(this.#text(schema.items ?? {}))}[]`;
      case "object":
        return this.#object(schema);
      case "string":
      case "boolean":
      case "null":
        return schema.type;
      default:
        return "unknown";
    }
  }

  #object({ properties = {}, required = [], additionalProperties: more }: Schema): string {
    const named = Object.entries(properties).map(([name, property]) => {
      const key = /^[\w$]+$/.test(name) ? name : JSON.stringify(name);
      const [mark, or] = required.includes(name) ? ["", ""] : ["?", " | undefined"];
      return `${comment(property)}${key}${mark}: ${this.#text(property)}${or};`;
    });
    // Beside fields of other types, the fields without a name can be anything.
    const others = named.length > 0 ? "unknown" : typeof more === "object" ? this.#text(more) : "unknown";
    const open = more === undefined || more === false ? [] : [`[field: string]: ${others};`];
    return `{\n${indented([...named, ...open].join("\n"))}\n}`;
  }
}

/** A part as text, by which equal ones are known: what it says of itself in its place does not matter. */
function textOf({ description: _, default: __, ...schema }: Schema): string {
  return JSON.stringify(schema);
}

function visit(schema: Schema, key: string, see: (schema: Schema, key: string) => void): void {
  see(schema, key);
  for (const each of [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])]) visit(each, key, see);
  if (schema.items !== undefined) visit(schema.items, `${key}[]`, see);
  if (typeof schema.additionalProperties === "object") visit(schema.additionalProperties, key, see);
  for (const [name, each] of Object.entries({ ...schema.properties, ...schema.definitions }))
    visit(each, name, see);
}

/** `conv-norm-act`: SpecConvNormAct */
function typeName(key: string): string {
  const words = key.split(/[^A-Za-z0-9]+/).map((word) => word.slice(0, 1).toUpperCase() + word.slice(1));
  return `Spec${words.join("")}`;
}

function comment({ description, default: value }: Schema): string {
  const usual = value === undefined ? [] : [`Default: ${JSON.stringify(value)}.`];
  const text = [...(description === undefined ? [] : [description]), ...usual].join(" ");
  return text === "" ? "" : `/** ${text.replaceAll("*/", "*\\/")} */\n`;
}

function inParentheses(text: string): string {
  return /^\w+$/.test(text) ? text : `(${text})`;
}

import { type Node, type Symbol as TsSymbol, type Type, ts } from "ts-morph";

/** A JSON Schema, as far as reports need it. */
export type Schema = Readonly<Record<string, unknown>>;

/**
 * Writes types of TypeScript as JSON Schemas. Types with a name become definitions, so that one which has itself in it is finite.
 *
 * Errors: `Error` for types that no JSON has, as functions.
 */
export class SchemaWriter {
  /** The schemas of interfaces, by their names. */
  readonly definitions = new Map<string, Schema>();
  readonly #at: Node;
  readonly #types = new Map<string, Type>();

  /** @param at where the types are asked about; any node of the program */
  constructor(at: Node) {
    this.#at = at;
  }

  schemaOf(type: Type): Schema {
    const name = nameOf(type);
    return name === undefined ? this.#written(type) : this.#defined(name, type);
  }

  #written(type: Type): Schema {
    if (type.isAny() || type.isUnknown()) return {};
    if (type.getFlags() & ts.TypeFlags.NonPrimitive) return { type: "object" };
    if (type.isNull()) return { type: "null" };
    if (type.isString() || type.isTemplateLiteral()) return { type: "string" };
    if (type.isNumber()) return { type: "number" };
    if (type.isBoolean()) return { type: "boolean" };
    if (type.isLiteral()) return { const: literal(type) };
    if (type.isUnion()) return this.#union(type);
    if (type.isTuple()) return this.#tuple(type);
    const element = type.getArrayElementType() ?? readonlyElement(type);
    if (element !== undefined) return { type: "array", items: this.schemaOf(element) };
    if (type.getCallSignatures().length > 0) throw new Error(`no JSON has ${type.getText()}`);
    if (!type.isObject() && !type.isIntersection()) throw new Error(`no JSON has ${type.getText()}`);
    return this.#object(type);
  }

  #union(type: Type): Schema {
    const parts = type.getUnionTypes().filter((each) => !each.isUndefined());
    const literals = parts.filter((each) => each.isLiteral() && !each.isBooleanLiteral());
    const booleans = parts.filter((each) => each.isBooleanLiteral());
    const others = parts.filter((each) => !each.isLiteral());
    const schemas = [
      ...(literals.length === 0 ? [] : [{ enum: literals.map(literal).sort() }]),
      ...(booleans.length === 2 ? [{ type: "boolean" }] : booleans.map((each) => ({ const: literal(each) }))),
      ...others.map((each) => this.schemaOf(each)),
    ].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
    const [only, ...more] = schemas;
    return only !== undefined && more.length === 0 ? only : { anyOf: schemas };
  }

  #tuple(type: Type): Schema {
    const items = type.getTupleElements().map((each) => this.schemaOf(each));
    return { type: "array", items, minItems: items.length, maxItems: items.length };
  }

  /** A reference to the definition of a type, which is written where it is met first. */
  #defined(name: string, type: Type): Schema {
    const known = this.#types.get(name);
    if (known !== undefined && known.getText() !== type.getText())
      throw new Error(`two types are called ${name}: ${known.getText()}, ${type.getText()}`);
    if (known === undefined) {
      this.#types.set(name, type);
      this.definitions.set(name, this.#written(type));
    }
    return { $ref: `#/definitions/${name}` };
  }

  #object(type: Type): Schema {
    const properties = type.getProperties().map((each) => [each.getName(), this.#property(each)] as const);
    const required = type
      .getProperties()
      .filter((each) => !mayLack(each, this.#at))
      .map((each) => each.getName());
    const index = type.getStringIndexType();
    return {
      type: "object",
      ...(properties.length === 0 ? {} : { properties: Object.fromEntries(properties) }),
      ...(required.length === 0 ? {} : { required }),
      ...(index === undefined ? {} : { additionalProperties: this.schemaOf(index) }),
    };
  }

  #property(property: TsSymbol): Schema {
    const schema = this.schemaOf(property.getTypeAtLocation(this.#at));
    const description = ts
      .displayPartsToString(property.compilerSymbol.getDocumentationComment(undefined))
      .replace(/\s+/g, " ")
      .trim();
    if (description === "") return schema;
    // Beside a reference draft-07 reads nothing.
    return "$ref" in schema ? { description, allOf: [schema] } : { description, ...schema };
  }
}

/** The name of an interface, or of a union or object that has one of its own; those made of type arguments have none. */
function nameOf(type: Type): string | undefined {
  if (type.isArray() || type.isTuple() || type.isReadonlyArray()) return undefined;
  const alias = type.getAliasSymbol();
  if (alias !== undefined) return type.getAliasTypeArguments().length === 0 ? alias.getName() : undefined;
  return type.isInterface() && type.getTypeArguments().length === 0 ? type.getSymbol()?.getName() : undefined;
}

function mayLack(property: TsSymbol, at: Node): boolean {
  const type = property.getTypeAtLocation(at);
  return (
    property.isOptional() || type.isUndefined() || type.getUnionTypes().some((each) => each.isUndefined())
  );
}

function literal(type: Type): string | number | boolean {
  if (type.isBooleanLiteral()) return type.getText() === "true";
  const value = type.getLiteralValue();
  if (typeof value === "string" || typeof value === "number") return value;
  throw new Error(`no JSON has ${type.getText()}`);
}

function readonlyElement(type: Type): Type | undefined {
  return type.getSymbol()?.getName() === "ReadonlyArray" ? type.getTypeArguments()[0] : undefined;
}

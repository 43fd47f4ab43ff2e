import { IndentationText, NewLineKind, Project, QuoteKind, type StatementStructures, ts } from "ts-morph";
import { unfolded } from "../../base/visible-text.js";

/**
 * Text of generated TypeScript, printed from nodes of its syntax tree: the compiler's printer escapes what stands in
 * them, so no text from a spec can leave its literal.
 */
const { factory } = ts;

/** A value that JSON has. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** The text of a node. */
export function print(node: ts.Node): string {
  const printer = ts.createPrinter({ newLine: ts.NewLineKind.LineFeed });
  const file = ts.createSourceFile("", "", ts.ScriptTarget.ESNext);
  // It escapes what is not ASCII, and every control character but this one.
  return printer.printNode(ts.EmitHint.Unspecified, node, file).replaceAll("\x7f", "\\u007F");
}

/** The text of a file of these statements. */
export function printFile(statements: readonly StatementStructures[]): string {
  const project = new Project({
    useInMemoryFileSystem: true,
    skipLoadingLibFiles: true,
    manipulationSettings: {
      indentationText: IndentationText.TwoSpaces,
      newLineKind: NewLineKind.LineFeed,
      quoteKind: QuoteKind.Double,
      useTrailingCommas: true,
    },
  });
  const file = project.createSourceFile("file.ts", { statements: [...statements] });
  file.formatText({ indentSize: 2, ensureNewLineAtEndOfFile: true });
  return file.getFullText();
}

/** A value as an expression; objects of more than one key, and lists longer than a line, have a line for each. */
export function expression(value: Json): ts.Expression {
  if (value === null) return factory.createNull();
  if (typeof value === "boolean") return value ? factory.createTrue() : factory.createFalse();
  if (typeof value === "number") return numberLiteral(value);
  if (typeof value === "string") return factory.createStringLiteral(value);
  if (isList(value)) {
    return factory.createArrayLiteralExpression(value.map(expression), value.length > LONGEST_ROW);
  }
  const properties = Object.entries(value).map(([key, each]) =>
    factory.createPropertyAssignment(literalKey(key), expression(each)),
  );
  return factory.createObjectLiteralExpression(properties, properties.length > 1);
}

const LONGEST_ROW = 8;

/** `readonly [batch: number, channels: 3]`: sizes that are open are numbers. */
export function dimsType(dims: readonly (number | null)[], names: readonly string[]): ts.TypeNode {
  const members = dims.map((dim, i) =>
    factory.createNamedTupleMember(
      undefined,
      factory.createIdentifier(names[i] ?? `size${i}`),
      undefined,
      dim === null
        ? factory.createKeywordTypeNode(ts.SyntaxKind.NumberKeyword)
        : factory.createLiteralTypeNode(factory.createNumericLiteral(dim)),
    ),
  );
  return factory.createTypeOperatorNode(
    ts.SyntaxKind.ReadonlyKeyword,
    ts.setEmitFlags(factory.createTupleTypeNode(members), ts.EmitFlags.SingleLine),
  );
}

/** `{ readonly "name": type }` */
export function recordType(members: ReadonlyMap<string, ts.TypeNode>): ts.TypeNode {
  return factory.createTypeLiteralNode(
    [...members].map(([name, each]) =>
      factory.createPropertySignature(
        [factory.createModifier(ts.SyntaxKind.ReadonlyKeyword)],
        typeKey(name),
        undefined,
        each,
      ),
    ),
  );
}

/** `name<argument>` */
export function generic(name: string, argument: ts.TypeNode): ts.TypeNode {
  return factory.createTypeReferenceNode(name, [argument]);
}

/** `object.key`, or `object["key"]` for what is no identifier. */
export function access(object: string, key: string): ts.Expression {
  return isIdentifier(key)
    ? factory.createPropertyAccessExpression(factory.createIdentifier(object), key)
    : factory.createElementAccessExpression(
        factory.createIdentifier(object),
        factory.createStringLiteral(key),
      );
}

/** `{ key: value }`, or `{ key }` for a value that is the name of a variable, as its key is. */
export function objectOf(properties: ReadonlyMap<string, ts.Expression>, multiLine = false): ts.Expression {
  return factory.createObjectLiteralExpression(
    [...properties].map(([key, value]) =>
      ts.isIdentifier(value) && value.text === key
        ? factory.createShorthandPropertyAssignment(key)
        : factory.createPropertyAssignment(literalKey(key), value),
    ),
    multiLine,
  );
}

/** The value of a variable. */
export function variable(name: string): ts.Expression {
  return factory.createIdentifier(name);
}

/** `type["key"]` */
export function memberType(type: string, key: string): ts.TypeNode {
  return factory.createIndexedAccessTypeNode(
    factory.createTypeReferenceNode(type),
    factory.createLiteralTypeNode(factory.createStringLiteral(key)),
  );
}

/** A text from a spec as one line of a comment that it can't end. */
export function comment(text: string): string {
  return unfolded(text).replaceAll("*/", "*\\/").replaceAll("/*", "/\\*");
}

function numberLiteral(value: number): ts.Expression {
  const size = factory.createNumericLiteral(Math.abs(value));
  return value < 0 ? factory.createPrefixUnaryExpression(ts.SyntaxKind.MinusToken, size) : size;
}

function typeKey(name: string): ts.PropertyName {
  return isIdentifier(name) ? factory.createIdentifier(name) : factory.createStringLiteral(name);
}

/** As `__proto__: x` an object literal would set its prototype. */
function literalKey(name: string): ts.PropertyName {
  return name === "__proto__"
    ? factory.createComputedPropertyName(factory.createStringLiteral(name))
    : typeKey(name);
}

function isIdentifier(name: string): boolean {
  return /^[A-Za-z_$][\w$]*$/.test(name);
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

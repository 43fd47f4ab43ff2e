import { ts } from "ts-morph";

/** What TypeScript knows of a union that was written with names of others, and doesn't say in its interface. */
interface WithOrigin {
  readonly origin?: ts.UnionType;
}

/**
 * Writes types of TypeScript as text that needs nothing else: what is computed (of zod's schemas, of other types by Pick and Omit, of the
 * type of a value) is written as what it comes to. Interfaces and aliases keep their names and become declarations, with their comments.
 *
 * Properties marked `@internal` are left out.
 *
 * Errors: `Error` for `any`, for a type that has parameters left, and for two types of one name.
 */
export class TypeWriter {
  /** The declarations of the types that were met, by their names. */
  readonly declarations = new Map<string, string>();
  readonly #checker: ts.TypeChecker;
  readonly #names = new Map<string, ts.Type>();
  readonly #given: ReadonlySet<string>;

  /** @param given the names of types that are declared elsewhere */
  constructor(checker: ts.TypeChecker, given: Iterable<string> = []) {
    this.#checker = checker;
    this.#given = new Set(given);
  }

  /** The text of a type: its name, where it has one. */
  text(type: ts.Type): string {
    const name = nameOf(type);
    return name === undefined ? this.#written(type) : this.#named(name, type);
  }

  /** `(a: A, b?: B) => R` without the arrow: the parameters, and the result after `separator`. */
  signature(signature: ts.Signature, separator: string): string {
    if ((signature.typeParameters ?? []).length > 0)
      throw new Error(`a function is generic: ${signature.declaration?.getText()}`);
    const parameters = signature.getParameters().map((parameter) => {
      const declaration = parameter.valueDeclaration;
      if (declaration === undefined || !ts.isParameter(declaration))
        throw new Error(`what is ${parameter.name}?`);
      const type = this.#checker.getTypeOfSymbolAtLocation(parameter, declaration);
      const isOptional = declaration.questionToken !== undefined || declaration.initializer !== undefined;
      const name = ts.isIdentifier(declaration.name) ? declaration.name.text : "options";
      const rest = declaration.dotDotDotToken === undefined ? "" : "...";
      return `${rest}${name}${isOptional ? "?" : ""}: ${this.text(isOptional ? this.#checker.getNonNullableType(type) : type)}`;
    });
    return `(${parameters.join(", ")})${separator}${this.text(signature.getReturnType())}`;
  }

  /** The members of an object between braces. */
  members(type: ts.Type): string {
    const properties = this.#checker.getPropertiesOfType(type).filter((each) => !isInternal(each));
    const lines = [
      ...this.#checker.getIndexInfosOfType(type).map((info) => {
        const readonly = info.isReadonly ? "readonly " : "";
        return `${readonly}[key: ${this.text(info.keyType)}]: ${this.text(info.type)};`;
      }),
      ...properties.map((property) => comment(property) + this.#property(property)),
    ];
    return `{\n${indented(lines.join("\n"))}\n}`;
  }

  #written(type: ts.Type): string {
    if (type.flags & ts.TypeFlags.Any) throw new Error("a public type has any in it");
    if (type.flags & ts.TypeFlags.TypeParameter)
      throw new Error(`a public type is generic: ${this.#checker.typeToString(type)}`);
    if (type.isUnion()) return this.#union(type);
    if (type.isIntersection() && type.types.some((each) => !(each.flags & ts.TypeFlags.Object)))
      return this.#plain(type);
    if (!(type.flags & ts.TypeFlags.Object) && !type.isIntersection()) return this.#plain(type);
    if (type.isIntersection() && type.types.some((each) => nameOf(each) !== undefined))
      return type.types.map((each) => inParentheses(each, this.text(each))).join(" & ");
    if (this.#checker.isTupleType(type)) return this.#tuple(type as ts.TupleTypeReference);
    if (this.#checker.isArrayType(type)) return this.#array(type);
    const [call, ...others] = type.getCallSignatures();
    if (call !== undefined) {
      if (others.length > 0)
        throw new Error(`a public type has overloads: ${this.#checker.typeToString(type)}`);
      return this.signature(call, " => ");
    }
    const symbol = type.getSymbol();
    if (symbol !== undefined && isOfPlatform(symbol)) {
      const types = this.#checker.getTypeArguments(type as ts.TypeReference).map((each) => this.text(each));
      // `Uint8Array<ArrayBufferLike>` is a form that TypeScript before 5.7 does not know.
      const isPlain = types.length === 0 || /Array$/.test(symbol.name);
      return isPlain ? symbol.name : `${symbol.name}<${types.join(", ")}>`;
    }
    return this.members(type);
  }

  #plain(type: ts.Type): string {
    return this.#checker.typeToString(
      type,
      undefined,
      ts.TypeFormatFlags.NoTruncation | ts.TypeFormatFlags.InTypeAlias,
    );
  }

  #union(type: ts.UnionType): string {
    const { types } = (type as WithOrigin).origin ?? type;
    const [booleans, others] = [
      types.filter(isBooleanLiteral),
      types.filter((each) => !isBooleanLiteral(each)),
    ];
    const isLast = ({ flags }: ts.Type): boolean =>
      (flags & (ts.TypeFlags.Undefined | ts.TypeFlags.Null)) !== 0;
    const texts = [
      ...others.filter((each) => !isLast(each)).map((each) => inParentheses(each, this.text(each))),
      ...(booleans.length === 2 ? ["boolean"] : booleans.map((each) => this.#plain(each))),
      ...others.filter(isLast).map((each) => this.#plain(each)),
    ];
    return [...new Set(texts)].join(" | ");
  }

  #tuple(type: ts.TupleTypeReference): string {
    const { elementFlags, labeledElementDeclarations: labels, readonly } = type.target;
    const parts = this.#checker.getTypeArguments(type).map((each, i) => {
      const flags = elementFlags[i] ?? ts.ElementFlags.Required;
      const label = labels?.[i]?.name.getText();
      const text = this.text(each);
      if (flags & ts.ElementFlags.Rest)
        return `...${label === undefined ? "" : `${label}: `}${inParentheses(each, text)}[]`;
      const mark = flags & ts.ElementFlags.Optional ? "?" : "";
      return label === undefined ? `${text}${mark}` : `${label}${mark}: ${text}`;
    });
    return `${readonly ? "readonly " : ""}[${parts.join(", ")}]`;
  }

  #array(type: ts.Type): string {
    const [element] = this.#checker.getTypeArguments(type as ts.TypeReference);
    if (element === undefined) throw new Error("an array of nothing");
    const readonly = type.getSymbol()?.name === "ReadonlyArray" ? "readonly " : "";
    return `${readonly}${inParentheses(element, this.text(element))}[]`;
  }

  /** The name of a type, which is declared where it is met first. */
  #named(name: string, type: ts.Type): string {
    if (this.#given.has(name) || ((type.getSymbol()?.flags ?? 0) & ts.SymbolFlags.Class) !== 0) return name;
    const known = this.#names.get(name);
    if (known !== undefined && known !== type) throw new Error(`two public types are called ${name}`);
    if (known === undefined) {
      this.#names.set(name, type);
      this.declarations.set(name, "");
      const symbol = type.aliasSymbol ?? type.getSymbol();
      const isObject = (type.flags & ts.TypeFlags.Object) !== 0 && type.getCallSignatures().length === 0;
      const isInterface = type.aliasSymbol === undefined && isObject;
      const text = isInterface
        ? `interface ${name} ${this.members(type)}`
        : `type ${name} = ${this.#written(type)};`;
      this.declarations.set(name, `${symbol === undefined ? "" : comment(symbol)}export ${text}`);
    }
    return name;
  }

  #property(property: ts.Symbol): string {
    const type = this.#checker.getTypeOfSymbol(property);
    const mark = property.flags & ts.SymbolFlags.Optional ? "?" : "";
    const name = /^[\w$]+$/.test(property.name) ? property.name : JSON.stringify(property.name);
    const isMethod = (property.flags & ts.SymbolFlags.Method) !== 0;
    const [call] = type.getCallSignatures();
    if (isMethod && call !== undefined) return `${name}${mark}${this.signature(call, ": ")};`;
    return `readonly ${name}${mark}: ${this.text(type)};`;
  }
}

/** The comment before a declaration, and the line's end; empty where there is none. */
export function comment(symbol: ts.Symbol): string {
  const text = commentOf(symbol.getDeclarations() ?? []);
  return text === undefined ? "" : `${text}\n`;
}

/** The last comment before one of some declarations, without its indentation. */
export function commentOf(declarations: readonly ts.Node[]): string | undefined {
  const comments = declarations.flatMap((each) => ts.getJSDocCommentsAndTags(each).filter(ts.isJSDoc));
  return comments
    .at(-1)
    ?.getText()
    .replace(/\n\s*\*/g, "\n *");
}

function isInternal(symbol: ts.Symbol): boolean {
  return symbol.getJsDocTags().some(({ name }) => name === "internal");
}

/** The name of an interface or class of ours, or of any type that has one; those made of type arguments have none. */
function nameOf(type: ts.Type): string | undefined {
  const { aliasSymbol: alias, aliasTypeArguments: types = [] } = type;
  if (alias !== undefined) return types.length === 0 && !isOfPlatform(alias) ? alias.name : undefined;
  const symbol = type.getSymbol();
  if (symbol === undefined || isOfPlatform(symbol)) return undefined;
  const isNamed = (symbol.flags & (ts.SymbolFlags.Interface | ts.SymbolFlags.Class)) !== 0;
  const { typeArguments } = type as { readonly typeArguments?: readonly ts.Type[] };
  return isNamed && (typeArguments ?? []).length === 0 ? symbol.name : undefined;
}

/** Whether a symbol is a named one of JavaScript or Node.js, and none of ours or of a package. */
function isOfPlatform(symbol: ts.Symbol): boolean {
  if (symbol.flags & (ts.SymbolFlags.TypeLiteral | ts.SymbolFlags.ObjectLiteral | ts.SymbolFlags.Function))
    return false;
  const [declaration] = symbol.getDeclarations() ?? [];
  const file = declaration?.getSourceFile().fileName ?? "";
  return /\/lib\.[\w.]+\.d\.ts$|\/@types\/node\//.test(file);
}

function isBooleanLiteral({ flags }: ts.Type): boolean {
  return (flags & ts.TypeFlags.BooleanLiteral) !== 0;
}

/** A union, intersection or function that is written out needs parentheses as an element or a part, and so does a list that can't be changed. */
function inParentheses(type: ts.Type, text: string): string {
  const isWhole = !type.isUnionOrIntersection() && type.getCallSignatures().length === 0;
  const isName = /^\w+$/.test(text);
  return isName || (isWhole && !text.startsWith("readonly ")) ? text : `(${text})`;
}

export function indented(text: string): string {
  return text.replace(/^(?=.)/gm, "  ");
}

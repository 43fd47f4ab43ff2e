import { type Diagnostic, InputError } from "../../base/diagnostic.js";
import type { JsonPath } from "../../base/json-path.js";
import type { SourceRange, SourceText } from "../../base/source.js";

/** A value of the text form, with its place, so that problems found later can point at it. */
export interface SyntaxNode {
  readonly value: unknown;
  readonly range: SourceRange;
  /** The members of an object or the items of a list, by key or index. */
  readonly members: ReadonlyMap<string | number, SyntaxMember>;
}

interface SyntaxMember {
  /** From the key, where there is one, to the end of the value. */
  readonly range: SourceRange;
  readonly node: SyntaxNode;
}

/** `name` or `name{key=value,...}` as it was written. */
export interface InvocationSyntax {
  readonly pass: string;
  readonly name: SourceRange;
  readonly options: SyntaxNode;
}

/** Lists and objects in one another, at most; options of passes have three levels. */
const MAX_DEPTH = 16;

const TOKEN = /\s+|"(?:[^"\\\n]|\\.)*"|[{}[\]=,]|[^\s"{}[\]=,]+/y;

interface Token {
  readonly text: string;
  readonly offset: number;
}

/**
 * Reads a pipeline:
 *
 *     pipeline   = [ invocation { "," invocation } ]
 *     invocation = name [ object ]
 *     object     = "{" [ key "=" value { "," key "=" value } ] "}"
 *     value      = object | "[" [ value { "," value } ] "]" | word | quoted
 *
 * A word is the number, true, false or null that it reads as in JSON, and else a text. A mistake costs the
 * invocation that it is in; those after it are read on.
 */
export function parsePipelineSyntax(
  text: string,
  place: { readonly source: SourceText; readonly offset: number },
): { readonly invocations: readonly InvocationSyntax[]; readonly problems: readonly Diagnostic[] } {
  const invocations: InvocationSyntax[] = [];
  const problems: Diagnostic[] = [];
  const attempt = (read: () => void): void => {
    try {
      read();
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      problems.push(...error.diagnostics);
    }
  };
  attempt(() => {
    const tokens = tokenize(text, place);
    if (tokens.length === 0) return;
    for (const { part, end } of splitAtTopLevel(tokens, text.length)) {
      attempt(() => invocations.push(new InvocationParser(part, end, place).invocation()));
    }
  });
  return { invocations, problems };
}

/**
 * Where a path into an invocation's options is written: `key=value`, or an item of a list. Where the path
 * leads to nothing, what is nearest to it.
 */
export function rangeOf({ name, options }: InvocationSyntax, path: JsonPath): SourceRange {
  let range = name;
  let node = options;
  for (const step of path) {
    const member = node.members.get(step);
    if (member === undefined) break;
    range = member.range;
    node = member.node;
  }
  return range;
}

function tokenize(text: string, place: { source: SourceText; offset: number }): readonly Token[] {
  const tokens: Token[] = [];
  for (let offset = 0; offset < text.length; offset = TOKEN.lastIndex) {
    TOKEN.lastIndex = offset;
    const token = TOKEN.exec(text)?.[0];
    const fail = (message: string, length: number): never => {
      throw syntaxError(message, { source: place.source, offset: place.offset + offset, length });
    };
    if (token === undefined) return fail("the quotes are not closed", 1);
    if (token.startsWith('"') && !isJson(token)) fail(`${token} is no text in quotes`, token.length);
    if (token.trim() !== "") tokens.push({ text: token, offset });
  }
  return tokens;
}

/** The tokens between the commas that stand outside of all brackets, and where each part ends. */
function splitAtTopLevel(
  tokens: readonly Token[],
  textEnd: number,
): readonly { readonly part: readonly Token[]; readonly end: number }[] {
  const parts: { part: Token[]; end: number }[] = [{ part: [], end: textEnd }];
  let depth = 0;
  for (const token of tokens) {
    if (token.text === "{" || token.text === "[") depth++;
    if (token.text === "}" || token.text === "]") depth = Math.max(0, depth - 1);
    const last = parts.at(-1);
    if (token.text !== "," || depth > 0) last?.part.push(token);
    else {
      if (last !== undefined) last.end = token.offset;
      parts.push({ part: [], end: textEnd });
    }
  }
  return parts;
}

class InvocationParser {
  readonly #tokens: readonly Token[];
  readonly #end: number;
  readonly #place: { readonly source: SourceText; readonly offset: number };
  #next = 0;

  constructor(tokens: readonly Token[], end: number, place: { source: SourceText; offset: number }) {
    this.#tokens = tokens;
    this.#end = end;
    this.#place = place;
  }

  invocation(): InvocationSyntax {
    const token = this.#take("the name of a pass");
    if (!isWord(token)) this.#fail(`expected the name of a pass, got ${token.text}`, token);
    const name = this.#range(token.offset, token.text.length);
    const options = this.#peek("{")
      ? this.#value(0)
      : { value: {}, range: name, members: new Map<string, SyntaxMember>() };
    const rest = this.#tokens[this.#next];
    if (rest !== undefined) this.#fail(`expected "," or the end after ${token.text}, got ${rest.text}`, rest);
    return { pass: wordValue(token), name, options };
  }

  #value(depth: number): SyntaxNode {
    const token = this.#take("a value");
    if (depth > MAX_DEPTH) this.#fail("nested too deeply", token);
    if (token.text === "{") return this.#object(token, depth);
    if (token.text === "[") return this.#list(token, depth);
    if (isMark(token)) this.#fail(`expected a value, got ${token.text}`, token);
    return {
      value: isJson(token.text) ? (JSON.parse(token.text) as unknown) : token.text,
      range: this.#range(token.offset, token.text.length),
      members: new Map(),
    };
  }

  #object(open: Token, depth: number): SyntaxNode {
    const members = new Map<string, SyntaxMember>();
    const close = this.#members("}", () => {
      const token = this.#take("a key");
      if (isMark(token)) this.#fail(`expected a key, got ${token.text}`, token);
      const key = wordValue(token);
      if (members.has(key)) this.#fail(`${key} is given twice`, token);
      this.#expect("=");
      const node = this.#value(depth + 1);
      const end = node.range.offset + node.range.length - this.#place.offset;
      members.set(key, { range: this.#range(token.offset, end - token.offset), node });
    });
    const value = Object.fromEntries([...members].map(([key, { node }]) => [key, node.value]));
    return { value, range: this.#range(open.offset, close.offset + 1 - open.offset), members };
  }

  #list(open: Token, depth: number): SyntaxNode {
    const items: SyntaxNode[] = [];
    const close = this.#members("]", () => items.push(this.#value(depth + 1)));
    const members = new Map(items.map((node, i) => [i, { range: node.range, node }]));
    const value = items.map((item) => item.value);
    return { value, range: this.#range(open.offset, close.offset + 1 - open.offset), members };
  }

  /** What stands between commas up to `close`, and `close` itself. */
  #members(close: string, member: () => void): Token {
    if (!this.#peek(close)) {
      member();
      while (this.#peek(",")) {
        this.#next++;
        member();
      }
    }
    return this.#expect(close);
  }

  #peek(text: string): boolean {
    return this.#tokens[this.#next]?.text === text;
  }

  #take(what: string): Token {
    const token = this.#tokens[this.#next];
    if (token === undefined) this.#fail(`expected ${what}, got the end`);
    this.#next++;
    return token;
  }

  #expect(text: string): Token {
    const token = this.#take(`"${text}"`);
    if (token.text !== text) this.#fail(`expected "${text}", got ${token.text}`, token);
    return token;
  }

  /** Fails at the token, or at the end of the invocation. */
  #fail(message: string, token?: Token): never {
    throw syntaxError(message, this.#range(token?.offset ?? this.#end, token?.text.length ?? 1));
  }

  #range(offset: number, length: number): SourceRange {
    return { source: this.#place.source, offset: this.#place.offset + offset, length };
  }
}

function isMark(token: Token): boolean {
  return /^[{}[\]=,]$/.test(token.text);
}

function isWord(token: Token): boolean {
  return !isMark(token) && !token.text.startsWith('"');
}

/** The text of a word or of a quoted text. */
function wordValue({ text }: Token): string {
  return text.startsWith('"') ? (JSON.parse(text) as string) : text;
}

/** Whether a text is a value of JSON. */
export function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function syntaxError(message: string, range: SourceRange): InputError {
  return InputError.of("pipeline/syntax", message, { range });
}

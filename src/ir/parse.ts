import { InputError } from "../base/diagnostic.js";
import type { SourceText } from "../base/source.js";
import { freezeGraph, freezeOp, makeParameter } from "./builder.js";
import type { Block, Graph, GraphInput, Loc, Op, ParameterRole, Result, Value } from "./graph.js";
import { INITIALIZATION_NAMES, type InitializationName } from "./initializers.js";
import { definitionOf, isOpName } from "./ops/registry.js";
import { type Dim, type DType, elementCount, isDType, type TensorType, tensorType } from "./types.js";
import {
  BINARY_WEIGHT_KINDS,
  type BinaryWeightKind,
  binaryWeight,
  constantWeight,
  normalWeight,
  reshapeWeight,
  type StoredNumbers,
  sqrtWeight,
  storedWeight,
  transposeWeight,
  uniformWeight,
  type WeightExpr,
} from "./weight.js";

const ROLES: readonly string[] = ["trainable", "buffer", "fixed"] satisfies ParameterRole[];
const WEIGHT_KINDS: readonly string[] = [
  ...BINARY_WEIGHT_KINDS,
  "constant",
  "normal",
  "sqrt",
  "stored",
  "transpose",
  "uniform",
] satisfies WeightExpr["kind"][];
const TOKEN = /\s+|\/\/[^\n]*|("(?:[^"\\]|\\.)*")|([%@]?[A-Za-z0-9_./+-]+)|([%@]|[()[\]{}=,:])/y;

/** Where the numbers of `stored` weights are, by label: the text form names them only. See `storedDataOf`. */
export type StoredData = ReadonlyMap<string, StoredNumbers>;

/**
 * Reads the text form that `printGraph` writes. Refuses anything else with the line and column, and `stored`
 * weights that `stored` doesn't hold in that size.
 */
export function parseGraph(text: string, file = "<ir>", stored: StoredData = new Map()): Graph {
  return new Parser({ file, text }, stored).graph();
}

interface Token {
  readonly text: string;
  readonly offset: number;
}

class Parser {
  readonly #source: SourceText;
  readonly #tokens: readonly Token[];
  #next = 0;
  readonly #values = new Map<string, Value>();
  readonly #stored: StoredData;

  constructor(source: SourceText, stored: StoredData) {
    this.#source = source;
    this.#stored = stored;
    this.#tokens = this.#tokenize();
  }

  graph(): Graph {
    this.#expect("graph");
    const name = this.#string();
    this.#expect("{");
    const blocks: Block[] = [];
    const inputs: GraphInput[] = [];
    const ops: Op[] = [];
    while (!this.#accept("return")) {
      const word = this.#peek().text;
      if (word === "block") blocks.push(this.#block());
      else if (word === "input") inputs.push(this.#input());
      else if (ROLES.includes(word)) this.#parameter();
      else ops.push(this.#op());
    }
    const outputs = this.#list(() => this.#use());
    this.#expect("}");
    if (this.#next < this.#tokens.length) this.#fail("the text goes on after the graph");
    return freezeGraph({ name, blocks, inputs, ops, outputs });
  }

  #block(): Block {
    this.#expect("block");
    const scope = this.#name();
    const type = this.#string();
    this.#expect("channels");
    const inputChannels = this.#number();
    const place = this.#accept("stage") ? this.#blockPlace() : {};
    const start = this.#accept("init") ? { initialization: this.#initialization() } : {};
    const specPath = this.#accept("at") ? { specPath: this.#string() } : {};
    return { scope, type, inputChannels, ...place, ...start, ...specPath };
  }

  #initialization(): InitializationName {
    const word = this.#word();
    return INITIALIZATION_NAMES.find((name) => name === word) ?? this.#fail(`${word} is no initialization`);
  }

  #blockPlace(): { readonly stage: number; readonly index: number } {
    const stage = this.#number();
    this.#expect("index");
    return { stage, index: this.#number() };
  }

  #input(): GraphInput {
    this.#expect("input");
    const name = this.#sigil("%");
    this.#expect(":");
    const input = Object.freeze({ kind: "input" as const, name, type: this.#type() });
    this.#define(`%${name}`, input);
    return input;
  }

  #parameter(): void {
    const role = this.#word() as ParameterRole;
    const name = this.#sigil("@");
    const dtype = this.#accept(":") ? this.#dtype() : "float32";
    this.#expect("=");
    this.#define(`@${name}`, makeParameter(name, this.#weight(), role, dtype));
  }

  #op(): Op {
    const results = this.#list((): Result => {
      const name = this.#sigil("%");
      this.#expect(":");
      return Object.freeze({ kind: "result" as const, name, type: this.#type() });
    });
    this.#expect("=");
    const kind = this.#word();
    if (!isOpName(kind)) this.#fail(`unknown op ${kind}`, -1);
    this.#expect("(");
    const operands = this.#accept(")") ? [] : this.#list(() => this.#use());
    if (operands.length > 0) this.#expect(")");
    const written = this.#accept("{") ? this.#attributes() : {};
    const attributes = definitionOf(kind).attributes.safeParse(written);
    if (!attributes.success)
      this.#fail(`${kind}: ${attributes.error.issues.map((issue) => issue.message).join("; ")}`, -1);
    const loc = this.#loc();
    for (const result of results) this.#define(`%${result.name}`, result);
    return freezeOp({ kind, operands, attributes: attributes.data, results, loc } as unknown as Op);
  }

  #attributes(): Record<string, unknown> {
    const attributes: [string, unknown][] = this.#list(() => {
      const key = this.#word();
      this.#expect("=");
      return [key, this.#json()];
    });
    this.#expect("}");
    return Object.fromEntries(attributes);
  }

  #json(): unknown {
    if (this.#accept("[")) {
      if (this.#accept("]")) return [];
      const items = this.#list(() => this.#json());
      this.#expect("]");
      return items;
    }
    const { text } = this.#take();
    try {
      return JSON.parse(text);
    } catch {
      return this.#fail(`${text} is no value`, -1);
    }
  }

  #loc(): Loc {
    this.#expect("loc");
    this.#expect("(");
    const scope = this.#name();
    const specPath = this.#accept(",") ? { specPath: this.#string() } : {};
    const pass = this.#accept("by") ? { pass: this.#word() } : {};
    this.#expect(")");
    return { scope, ...specPath, ...pass };
  }

  #weight(): WeightExpr {
    const kind = this.#word();
    if (!WEIGHT_KINDS.includes(kind)) this.#fail(`unknown weight ${kind}`, -1);
    this.#expect("(");
    const comma = (): void => this.#expect(",");
    const weight = ((): WeightExpr => {
      if ((BINARY_WEIGHT_KINDS as readonly string[]).includes(kind)) {
        const left = this.#weight();
        comma();
        const right = this.#weight();
        return this.#sound(() => binaryWeight(kind as BinaryWeightKind, left, right));
      }
      if (kind === "sqrt") return sqrtWeight(this.#weight());
      const dims = this.#dims().map((dim) =>
        typeof dim === "number" ? dim : this.#fail(`${dim} is no size`, -1),
      );
      comma();
      if (kind === "stored") return this.#storedWeight(dims, this.#string());
      if (kind === "transpose") {
        const of = this.#weight();
        return this.#sound(() => reshapeWeight(transposeWeight(of), dims) as WeightExpr);
      }
      const first = this.#number();
      if (kind === "constant") return constantWeight(dims, first);
      comma();
      if (kind === "normal") return normalWeight(dims, first, this.#string());
      const high = this.#number();
      comma();
      return uniformWeight(dims, first, high, this.#string());
    })();
    this.#expect(")");
    return weight;
  }

  /** A weight whose parts fit together; the constructors refuse others with a `RangeError`. */
  #sound(make: () => WeightExpr): WeightExpr {
    try {
      return make();
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      return this.#fail(error.message, -1);
    }
  }

  #storedWeight(dims: readonly number[], label: string): WeightExpr {
    const data = this.#stored.get(label);
    if (data === undefined)
      this.#fail(
        `the text form has no numbers: those of stored weight "${label}" must be given beside it`,
        -1,
      );
    if (data.length !== elementCount(dims))
      this.#fail(`stored weight "${label}" has ${data.length} numbers, not [${dims.join(", ")}]`, -1);
    return storedWeight(dims, label, data);
  }

  #type(): TensorType {
    const dtype = this.#dtype();
    const dims = this.#dims();
    return tensorType(dims, dtype, this.#accept("{") ? this.#sizes("}") : undefined);
  }

  #dtype(): DType {
    const word = this.#word();
    return isDType(word) ? word : this.#fail(`unknown element type ${word}`, -1);
  }

  #dims(): Dim[] {
    this.#expect("[");
    return this.#sizes("]");
  }

  /** Numbers and symbols up to a closing mark. */
  #sizes(close: string): Dim[] {
    if (this.#accept(close)) return [];
    const sizes = this.#list(() => {
      if (this.#peek().text.startsWith('"')) return this.#string();
      const word = this.#word();
      return /^-?\d+$/.test(word) ? Number(word) : word;
    });
    this.#expect(close);
    return sizes;
  }

  #use(): Value {
    const { text } = this.#take();
    const name = text === "%" || text === "@" ? `${text}${this.#string()}` : text;
    return this.#values.get(name) ?? this.#fail(`${name} is not defined`, -1);
  }

  #define(name: string, value: Value): void {
    if (this.#values.has(name)) this.#fail(`${name} is defined twice`, -1);
    this.#values.set(name, value);
  }

  #sigil(sigil: string): string {
    const { text } = this.#take();
    if (text === sigil) return this.#string();
    return text.startsWith(sigil)
      ? text.slice(1)
      : this.#fail(`expected a name with ${sigil}, got ${text}`, -1);
  }

  #name(): string {
    return this.#peek().text.startsWith('"') ? this.#string() : this.#word();
  }

  #string(): string {
    const { text } = this.#take();
    return text.startsWith('"')
      ? (JSON.parse(text) as string)
      : this.#fail(`expected a text in quotes, got ${text}`, -1);
  }

  #number(): number {
    const { text } = this.#take();
    const value = Number(text);
    return Number.isFinite(value) ? value : this.#fail(`expected a number, got ${text}`, -1);
  }

  #word(): string {
    const { text } = this.#take();
    return /^[A-Za-z0-9_./+-]/.test(text) ? text : this.#fail(`expected a word, got ${text}`, -1);
  }

  #list<T>(item: () => T): T[] {
    const items = [item()];
    while (this.#accept(",")) items.push(item());
    return items;
  }

  #peek(): Token {
    return this.#tokens[this.#next] ?? this.#fail("the text ends too early");
  }

  #take(): Token {
    const token = this.#peek();
    this.#next++;
    return token;
  }

  #accept(text: string): boolean {
    if (this.#tokens[this.#next]?.text !== text) return false;
    this.#next++;
    return true;
  }

  #expect(text: string): void {
    if (!this.#accept(text)) this.#fail(`expected ${text}, got ${this.#peek().text}`);
  }

  #tokenize(): Token[] {
    const { text } = this.#source;
    const tokens: Token[] = [];
    TOKEN.lastIndex = 0;
    for (let offset = 0; offset < text.length; offset = TOKEN.lastIndex) {
      TOKEN.lastIndex = offset;
      const match = TOKEN.exec(text);
      if (match === null)
        throw this.#error(`unexpected ${JSON.stringify(text[offset])}`, { text: " ", offset });
      const [, quoted, word, mark] = match;
      const token = quoted ?? word ?? mark;
      if (token !== undefined) tokens.push({ text: token, offset });
    }
    return tokens;
  }

  /** Fails at the next token, or at one that was already taken (`step` -1). */
  #fail(message: string, step = 0): never {
    const end = { text: "", offset: this.#source.text.length };
    throw this.#error(message, this.#tokens[this.#next + step] ?? end);
  }

  #error(message: string, { offset, text }: Token): InputError {
    return InputError.of("ir/syntax", message, {
      range: { source: this.#source, offset, length: text.length },
    });
  }
}

import type { SourceText } from "../base/source.js";
import { freezeGraph, freezeOp, makeParameter } from "./builder.js";
import { computedWeight } from "./computed-weight.js";
import type { Block, Graph, GraphInput, Loc, Op, ParameterRole, Result, Sharing, Value } from "./graph.js";
import { INITIALIZATION_NAMES, type InitializationName } from "./initializers.js";
import { definitionOf, isOpName, type OpName } from "./ops/registry.js";
import { TokenReader } from "./tokens.js";
import {
  type Dim,
  type DType,
  elementCount,
  isDType,
  type TensorType,
  TypeRefusal,
  tensorType,
} from "./types.js";
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
  "computed",
  "constant",
  "normal",
  "sqrt",
  "stored",
  "transpose",
  "uniform",
] satisfies WeightExpr["kind"][];

/** Where the numbers of `stored` weights are, by label: the text form names them only. See `storedDataOf`. */
export type StoredData = ReadonlyMap<string, StoredNumbers>;

/**
 * Reads the text form that `printGraph` writes. Refuses anything else with the line and column, and `stored`
 * weights that `stored` doesn't hold in that size.
 */
export function parseGraph(text: string, file = "<ir>", stored: StoredData = new Map()): Graph {
  return new Parser({ file, text }, stored).graph();
}

class Parser {
  readonly #in: TokenReader;
  readonly #values = new Map<string, Value>();
  readonly #stored: StoredData;

  constructor(source: SourceText, stored: StoredData) {
    this.#in = new TokenReader(source);
    this.#stored = stored;
  }

  graph(): Graph {
    this.#in.expect("graph");
    const name = this.#in.string();
    this.#in.expect("{");
    const blocks: Block[] = [];
    const inputs: GraphInput[] = [];
    const ops: Op[] = [];
    while (!this.#in.accept("return")) {
      const word = this.#in.peek().text;
      if (word === "block") blocks.push(this.#block());
      else if (word === "input") inputs.push(this.#input());
      else if (ROLES.includes(word)) this.#parameter();
      else ops.push(this.#op());
    }
    const outputs = this.#in.list(() => this.#use());
    this.#in.expect("}");
    if (!this.#in.atEnd) this.#in.fail("the text goes on after the graph");
    return freezeGraph({ name, blocks, inputs, ops, outputs });
  }

  #block(): Block {
    this.#in.expect("block");
    const scope = this.#in.name();
    const type = this.#in.string();
    this.#in.expect("channels");
    const inputChannels = this.#in.number();
    const numbers = this.#in.accept("stage") ? this.#blockNumbers() : {};
    const start = this.#in.accept("init") ? { initialization: this.#initialization() } : {};
    const shared = this.#in.accept("shared") ? { shared: this.#sharing() } : {};
    const specPath = this.#in.accept("at") ? { specPath: this.#in.string() } : {};
    return { scope, type, inputChannels, ...numbers, ...start, ...shared, ...specPath };
  }

  #sharing(): Sharing {
    const by = this.#in.list(() => this.#in.name());
    const ownNorms = this.#in.accept("own");
    if (ownNorms) this.#in.expect("norms");
    return { by, ownNorms };
  }

  #initialization(): InitializationName {
    const word = this.#in.word();
    return (
      INITIALIZATION_NAMES.find((name) => name === word) ?? this.#in.fail(`${word} is no initialization`)
    );
  }

  #blockNumbers(): { readonly stage: number; readonly index: number } {
    const stage = this.#in.number();
    this.#in.expect("index");
    return { stage, index: this.#in.number() };
  }

  #input(): GraphInput {
    this.#in.expect("input");
    const name = this.#in.sigil("%");
    this.#in.expect(":");
    const input = Object.freeze({ kind: "input" as const, name, type: this.#type() });
    this.#define(`%${name}`, input);
    return input;
  }

  #parameter(): void {
    const role = this.#in.word() as ParameterRole;
    const name = this.#in.sigil("@");
    const dtype = this.#in.accept(":") ? this.#dtype() : "float32";
    this.#in.expect("=");
    this.#define(`@${name}`, makeParameter(name, this.#weight(), role, dtype));
  }

  #op(): Op {
    const results = this.#in.list((): Result => {
      const name = this.#in.sigil("%");
      this.#in.expect(":");
      return Object.freeze({ kind: "result" as const, name, type: this.#type() });
    });
    this.#in.expect("=");
    const kind = this.#kind();
    this.#in.expect("(");
    const operands = this.#in.accept(")") ? [] : this.#in.list(() => this.#use());
    if (operands.length > 0) this.#in.expect(")");
    const attributes = this.#attributesOf(kind);
    const loc = this.#loc();
    for (const result of results) this.#define(`%${result.name}`, result);
    return freezeOp({ kind, operands, attributes, results, loc } as unknown as Op);
  }

  #kind(): OpName {
    const kind = this.#in.word();
    return isOpName(kind) ? kind : this.#in.fail(`unknown op ${kind}`, -1);
  }

  /** The attributes that stand here, if any do, with every default filled in. */
  #attributesOf(kind: OpName): Readonly<Record<string, unknown>> {
    const written = this.#in.accept("{") ? this.#attributes() : {};
    const attributes = definitionOf(kind).attributes.safeParse(written);
    if (attributes.success) return attributes.data;
    return this.#in.fail(`${kind}: ${attributes.error.issues.map((issue) => issue.message).join("; ")}`, -1);
  }

  #attributes(): Record<string, unknown> {
    const attributes: [string, unknown][] = this.#in.list(() => {
      const key = this.#in.word();
      this.#in.expect("=");
      return [key, this.#in.json()];
    });
    this.#in.expect("}");
    return Object.fromEntries(attributes);
  }

  #loc(): Loc {
    this.#in.expect("loc");
    this.#in.expect("(");
    const scope = this.#in.name();
    const specPath = this.#in.accept(",") ? { specPath: this.#in.string() } : {};
    const pass = this.#in.accept("by") ? { pass: this.#in.word() } : {};
    this.#in.expect(")");
    return { scope, ...specPath, ...pass };
  }

  #weight(): WeightExpr {
    const kind = this.#in.word();
    if (!WEIGHT_KINDS.includes(kind)) this.#in.fail(`unknown weight ${kind}`, -1);
    this.#in.expect("(");
    const comma = (): void => this.#in.expect(",");
    const weight = ((): WeightExpr => {
      if ((BINARY_WEIGHT_KINDS as readonly string[]).includes(kind)) {
        const left = this.#weight();
        comma();
        const right = this.#weight();
        return this.#sound(() => binaryWeight(kind as BinaryWeightKind, left, right));
      }
      if (kind === "sqrt") return sqrtWeight(this.#weight());
      if (kind === "computed") return this.#computedWeight();
      const dims = this.#numbers();
      comma();
      if (kind === "stored") return this.#storedWeight(dims, this.#in.string());
      if (kind === "transpose") {
        const of = this.#weight();
        return this.#sound(() => reshapeWeight(transposeWeight(of), dims) as WeightExpr);
      }
      const first = this.#in.number();
      if (kind === "constant") return constantWeight(dims, first);
      comma();
      if (kind === "normal") return normalWeight(dims, first, this.#in.string());
      const high = this.#in.number();
      comma();
      return uniformWeight(dims, first, high, this.#in.string());
    })();
    this.#in.expect(")");
    return weight;
  }

  #numbers(): readonly number[] {
    return this.#dims().map((dim) =>
      typeof dim === "number" ? dim : this.#in.fail(`${dim} is no size`, -1),
    );
  }

  /** `float32[2, 3], transpose(float32 stored([3, 2], "w")) {permutation = [1, 0]}` */
  #computedWeight(): WeightExpr {
    const dtype = this.#dtype();
    const dims = this.#numbers();
    this.#in.expect(",");
    const op = this.#kind();
    this.#in.expect("(");
    const operands = this.#in.list(() => ({ dtype: this.#dtype(), data: this.#weight() }));
    this.#in.expect(")");
    const attributes = this.#attributesOf(op);
    const weight = this.#sound(() => reshapeWeight(computedWeight(op, operands, attributes).data, dims));
    return weight ?? this.#in.fail(`${op} is not ${dtype}[${dims.join(", ")}]`, -1);
  }

  /** A weight whose parts fit together; the constructors refuse others with a `RangeError` or a `TypeRefusal`. */
  #sound<W extends WeightExpr | undefined>(make: () => W): W {
    try {
      return make();
    } catch (error) {
      if (!(error instanceof RangeError || error instanceof TypeRefusal)) throw error;
      return this.#in.fail(error.message, -1);
    }
  }

  #storedWeight(dims: readonly number[], label: string): WeightExpr {
    const data = this.#stored.get(label);
    if (data === undefined)
      this.#in.fail(
        `the text form has no numbers: those of stored weight "${label}" must be given beside it`,
        -1,
      );
    if (data.length !== elementCount(dims))
      this.#in.fail(`stored weight "${label}" has ${data.length} numbers, not [${dims.join(", ")}]`, -1);
    return storedWeight(dims, label, data);
  }

  #type(): TensorType {
    const dtype = this.#dtype();
    const dims = this.#dims();
    return tensorType(dims, dtype, this.#in.accept("{") ? this.#sizes("}") : undefined);
  }

  #dtype(): DType {
    const word = this.#in.word();
    return isDType(word) ? word : this.#in.fail(`unknown element type ${word}`, -1);
  }

  #dims(): Dim[] {
    this.#in.expect("[");
    return this.#sizes("]");
  }

  /** Numbers and symbols up to a closing mark. */
  #sizes(close: string): Dim[] {
    if (this.#in.accept(close)) return [];
    const sizes = this.#in.list(() => {
      if (this.#in.peek().text.startsWith('"')) return this.#in.string();
      const word = this.#in.word();
      return /^-?\d+$/.test(word) ? Number(word) : word;
    });
    this.#in.expect(close);
    return sizes;
  }

  #use(): Value {
    const { text } = this.#in.take();
    const name = text === "%" || text === "@" ? `${text}${this.#in.string()}` : text;
    return this.#values.get(name) ?? this.#in.fail(`${name} is not defined`, -1);
  }

  #define(name: string, value: Value): void {
    if (this.#values.has(name)) this.#in.fail(`${name} is defined twice`, -1);
    this.#values.set(name, value);
  }
}

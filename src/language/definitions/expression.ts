import { didYouMean } from "../../base/suggest.js";

/** What an expression is about, and where in its text it stands. */
export type Expression = { readonly at: Span } & (
  | { readonly kind: "number"; readonly value: number }
  | { readonly kind: "name"; readonly name: string }
  | { readonly kind: "call"; readonly name: FunctionName; readonly args: readonly Expression[] }
  | { readonly kind: "unary"; readonly operator: "-" | "not"; readonly operand: Expression }
  | {
      readonly kind: "binary";
      readonly operator: BinaryOperator;
      readonly left: Expression;
      readonly right: Expression;
    }
  | {
      readonly kind: "choice";
      readonly condition: Expression;
      readonly then: Expression;
      readonly otherwise: Expression;
    }
);

/** Characters of an expression's text, from 0. */
export interface Span {
  readonly offset: number;
  readonly length: number;
}

/** The functions that an expression may call, with the number of their arguments. */
export const FUNCTIONS = {
  min: { least: 1, most: 8, doc: "the smallest of its arguments" },
  max: { least: 1, most: 8, doc: "the largest of its arguments" },
  abs: { least: 1, most: 1, doc: "the size without the sign" },
  floor: { least: 1, most: 1, doc: "the integer below" },
  ceil: { least: 1, most: 1, doc: "the integer above" },
  round: { least: 1, most: 1, doc: "the nearest integer, halves up" },
  sqrt: { least: 1, most: 1, doc: "the square root" },
  log2: { least: 1, most: 1, doc: "the logarithm to the base 2" },
  divisible: {
    least: 1,
    most: 2,
    doc: "a number of channels rounded to a multiple of the second argument, or of `scaling.divisor`, as EfficientNet does",
  },
  scaled: { least: 1, most: 1, doc: "a number of channels after width scaling" },
} as const satisfies Record<string, { least: number; most: number; doc: string }>;

export type FunctionName = keyof typeof FUNCTIONS;

/** The operators from the weakest to the strongest; those of one row bind from the left. */
const BINARY_LEVELS = [
  ["or"],
  ["and"],
  ["==", "!=", "<", "<=", ">", ">="],
  ["+", "-"],
  ["*", "/", "%"],
] as const;

export type BinaryOperator = (typeof BINARY_LEVELS)[number][number];

const WORDS = new Set(["and", "or", "not"]);

/** Longer than a person writes; a tree of that many operators is walked without the end of the stack. */
const MAX_TOKENS = 512;

/** Deeper nesting than a person writes; it keeps a hostile text from the end of the stack. */
const MAX_DEPTH = 64;

/** What is wrong with an expression, and where. */
export class ExpressionError extends Error {
  override readonly name = "ExpressionError";

  constructor(
    message: string,
    readonly at: Span,
    readonly hint?: string,
  ) {
    super(message);
  }
}

/**
 * Reads an expression:
 *
 *     choice  = binary [ "?" choice ":" choice ]
 *     binary  = operands of BINARY_LEVELS, weakest first
 *     unary   = ("-" | "not") unary | primary
 *     primary = number | name | function "(" choice { "," choice } ")" | "(" choice ")"
 *
 * @throws ExpressionError at the first place that can't be read
 */
export function parseExpression(text: string): Expression {
  const parser = new Parser(tokenize(text), text.length);
  const expression = parser.choice(0);
  parser.end();
  return expression;
}

interface Token {
  readonly text: string;
  readonly at: Span;
}

const TOKEN = /\s*(?:(\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|([A-Za-z_]\w*)|(==|!=|<=|>=|[-+*/%<>?:(),]))/y;

function tokenize(text: string): readonly Token[] {
  const tokens: Token[] = [];
  const end = text.trimEnd().length;
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < end) {
    const from = TOKEN.lastIndex;
    const match = TOKEN.exec(text);
    if (match === null) {
      const offset = from + (/^\s*/.exec(text.slice(from))?.[0].length ?? 0);
      const character = String.fromCodePoint(text.codePointAt(offset) ?? 0);
      throw new ExpressionError(`unexpected ${JSON.stringify(character)}`, {
        offset,
        length: character.length,
      });
    }
    const word = match[1] ?? match[2] ?? match[3] ?? "";
    const at = { offset: TOKEN.lastIndex - word.length, length: word.length };
    if (tokens.length === MAX_TOKENS) throw new ExpressionError("the expression is too long", at);
    tokens.push({ text: word, at });
  }
  return tokens;
}

class Parser {
  readonly #tokens: readonly Token[];
  readonly #end: Span;
  #next = 0;

  constructor(tokens: readonly Token[], length: number) {
    this.#tokens = tokens;
    this.#end = { offset: length, length: 1 };
  }

  end(): void {
    const token = this.#tokens[this.#next];
    if (token !== undefined) throw new ExpressionError(`unexpected ${JSON.stringify(token.text)}`, token.at);
  }

  choice(depth: number): Expression {
    if (depth > MAX_DEPTH) throw new ExpressionError("this is nested too deeply", this.#here());
    const condition = this.#binary(0, depth);
    if (!this.#take("?")) return condition;
    const then = this.choice(depth + 1);
    this.#expect(":");
    const otherwise = this.choice(depth + 1);
    return { kind: "choice", condition, then, otherwise, at: spanning(condition, otherwise) };
  }

  #binary(level: number, depth: number): Expression {
    const operators = BINARY_LEVELS[level];
    if (operators === undefined) return this.#unary(depth);
    let left = this.#binary(level + 1, depth);
    for (;;) {
      const operator = operators.find((each) => this.#take(each));
      if (operator === undefined) return left;
      const right = this.#binary(level + 1, depth);
      left = { kind: "binary", operator, left, right, at: spanning(left, right) };
    }
  }

  #unary(depth: number): Expression {
    if (depth > MAX_DEPTH) throw new ExpressionError("this is nested too deeply", this.#here());
    const { at } = this.#tokens[this.#next] ?? { at: this.#end };
    const operator = (["-", "not"] as const).find((each) => this.#take(each));
    if (operator === undefined) return this.#primary(depth);
    const operand = this.#unary(depth + 1);
    return { kind: "unary", operator, operand, at: spanning({ at }, operand) };
  }

  #primary(depth: number): Expression {
    const token = this.#tokens[this.#next];
    if (token === undefined) throw new ExpressionError("the expression ends too early", this.#end);
    this.#next++;
    if (token.text === "(") {
      const inner = this.choice(depth + 1);
      const close = this.#expect(")");
      return { ...inner, at: spanning(token, close) };
    }
    if (/^\d/.test(token.text)) {
      const value = Number(token.text);
      if (!Number.isFinite(value)) throw new ExpressionError("this number is too large", token.at);
      return { kind: "number", value, at: token.at };
    }
    if (!/^[A-Za-z_]/.test(token.text) || WORDS.has(token.text)) {
      throw new ExpressionError(
        `expected a number, a name or "(", got ${JSON.stringify(token.text)}`,
        token.at,
      );
    }
    return this.#take("(") ? this.#call(token, depth) : { kind: "name", name: token.text, at: token.at };
  }

  #call({ text: name, at }: Token, depth: number): Expression {
    if (!isFunctionName(name)) {
      throw new ExpressionError(
        `there is no function ${JSON.stringify(name)}`,
        at,
        didYouMean(name, Object.keys(FUNCTIONS)),
      );
    }
    const args = [this.choice(depth + 1)];
    while (this.#take(",")) args.push(this.choice(depth + 1));
    const span = spanning({ at }, this.#expect(")"));
    const { least, most } = FUNCTIONS[name];
    if (args.length < least || args.length > most) {
      const takes = least === most ? `${least}` : `${least} to ${most}`;
      throw new ExpressionError(
        `${name} takes ${takes} ${most === 1 ? "argument" : "arguments"}, got ${args.length}`,
        span,
      );
    }
    return { kind: "call", name, args, at: span };
  }

  #take(text: string): boolean {
    if (this.#tokens[this.#next]?.text !== text) return false;
    this.#next++;
    return true;
  }

  #expect(text: string): Token {
    const token = this.#tokens[this.#next];
    if (token?.text !== text) {
      const got = token === undefined ? "the end" : JSON.stringify(token.text);
      throw new ExpressionError(`expected ${JSON.stringify(text)}, got ${got}`, this.#here());
    }
    this.#next++;
    return token;
  }

  #here(): Span {
    return this.#tokens[this.#next]?.at ?? this.#end;
  }
}

function isFunctionName(name: string): name is FunctionName {
  return Object.hasOwn(FUNCTIONS, name);
}

function spanning(first: { readonly at: Span }, last: { readonly at: Span }): Span {
  const { offset } = first.at;
  return { offset, length: last.at.offset + last.at.length - offset };
}

/** The names that an expression reads, each with its place. */
export function namesIn(
  expression: Expression,
): readonly (Expression & { readonly kind: "name"; readonly name: string })[] {
  switch (expression.kind) {
    case "number":
      return [];
    case "name":
      return [expression];
    case "call":
      return expression.args.flatMap(namesIn);
    case "unary":
      return namesIn(expression.operand);
    case "binary":
      return [...namesIn(expression.left), ...namesIn(expression.right)];
    case "choice":
      return [
        ...namesIn(expression.condition),
        ...namesIn(expression.then),
        ...namesIn(expression.otherwise),
      ];
  }
}

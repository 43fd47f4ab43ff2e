import { type Dim, refuse } from "./types.js";

/**
 * Arithmetic of sizes of which some are symbols. A result that is no number is a polynomial of symbols as text, in
 * one order: equal computations have equal text, whichever way round they were written.
 *
 *     plus("N", 1)              N+1
 *     times("N", 4)             4*N
 *     floorQuotient("H", 2)     floor(H/2)
 *
 * Symbols stand for whole numbers. A text of such a form that a file brings along is read as
 * what it says; any other name is one symbol, in quotes where it is part of a longer text.
 */
export function plus(a: Dim, b: Dim): Dim {
  if (typeof a === "number" && typeof b === "number") return a + b;
  return print(sum([...termsOf(a), ...termsOf(b)]));
}

export function minus(a: Dim, b: Dim): Dim {
  if (typeof a === "number" && typeof b === "number") return a - b;
  return print(sum([...termsOf(a), ...termsOf(b).map(({ count, factors }) => ({ count: -count, factors }))]));
}

export function times(a: Dim, b: Dim): Dim {
  if (typeof a === "number" && typeof b === "number") return a * b;
  const right = termsOf(b);
  return print(sum(termsOf(a).flatMap((each) => right.map((other) => product(each, other)))));
}

/** ⌊a / b⌋. Refuses a divisor that is zero. */
export function floorQuotient(a: Dim, b: Dim): Dim {
  if (b === 0) refuse(`${a} is divided by zero`);
  if (typeof a === "number" && typeof b === "number") return Math.floor(a / b);
  return print(quotientOf(termsOf(a), termsOf(b)));
}

/** The product of sizes. */
export function productOf(dims: readonly Dim[]): Dim {
  return dims.reduce(times, 1);
}

/** A size with a number instead of a symbol. */
export function withSize(dim: Dim, symbol: string, size: number): Dim {
  if (typeof dim === "number") return dim;
  if (dim === symbol) return size;
  const quoted = JSON.stringify(symbol);
  const text = tokensOf(dim).map((token) => (token === symbol || token === quoted ? String(size) : token));
  const terms = new SizeReader(text.join("")).terms();
  return terms === undefined ? dim : print(terms);
}

/** Whether a size is certainly not negative where its symbols are not: nothing is subtracted in it. */
export function isNatural(dim: Dim): boolean {
  return termsOf(dim).every(({ count }) => count >= 0);
}

/** A whole number times symbols and quotients, which are in order. */
interface Term {
  readonly count: number;
  readonly factors: readonly string[];
}

/** Longer texts come of no network; a file that is made so should not cost time. */
const LONGEST = 400;
const MOST_TERMS = 64;

const ONE: readonly Term[] = [{ count: 1, factors: [] }];

function quotientOf(a: readonly Term[], b: readonly Term[]): readonly Term[] {
  const [by, ...more] = b;
  if (by === undefined || more.length > 0) return textOf(a) === textOf(b) ? ONE : unknownQuotient(a, b);
  if (by.factors.length === 0 && by.count > 0) return quotientByNumber(a, by.count);
  const divided = a.map((each) => without(each, by));
  return divided.every((each) => each !== undefined) ? sum(divided) : unknownQuotient(a, b);
}

/** What is a multiple of the divisor stands outside of the quotient: ⌊(b·q + r) / b⌋ = q + ⌊r / b⌋. */
function quotientByNumber(terms: readonly Term[], divisor: number): readonly Term[] {
  const whole = terms.map(({ count, factors }) => ({ count: Math.floor(count / divisor), factors }));
  const rest = terms
    .map(({ count, factors }) => ({ count: count - Math.floor(count / divisor) * divisor, factors }))
    .filter(({ count }) => count !== 0);
  if (rest.every(({ factors }) => factors.length === 0)) return sum(whole);
  const common = rest.reduce((shared, { count }) => greatestDivisor(shared, count), divisor);
  const reduced = rest.map(({ count, factors }) => ({ count: count / common, factors }));
  return sum([...whole, ...unknownQuotient(reduced, [{ count: divisor / common, factors: [] }])]);
}

/** A term divided by one that it contains. */
function without(term: Term, by: Term): Term | undefined {
  const left = [...term.factors];
  for (const factor of by.factors) {
    const at = left.indexOf(factor);
    if (at === -1) return undefined;
    left.splice(at, 1);
  }
  return term.count % by.count === 0 ? { count: term.count / by.count, factors: left } : undefined;
}

/** A number, a name, or one in quotes. */
const GROUPED = /^(?:\w+|"(?:[^"\\]|\\.)*")$/;

/** A quotient that is a symbol of its own. */
function unknownQuotient(a: readonly Term[], b: readonly Term[]): readonly Term[] {
  const grouped = (text: string): string => (GROUPED.test(text) ? text : `(${text})`);
  return [{ count: 1, factors: [`floor(${grouped(textOf(a))}/${grouped(textOf(b))})`] }];
}

function greatestDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestDivisor(b, a % b);
}

function product(a: Term, b: Term): Term {
  return { count: a.count * b.count, factors: [...a.factors, ...b.factors].sort() };
}

/** Equal products of symbols counted together; those of more symbols come first. */
function sum(terms: readonly Term[]): readonly Term[] {
  const totals = new Map<string, Term>();
  for (const { count, factors } of terms) {
    const key = factors.join("*");
    totals.set(key, { count: count + (totals.get(key)?.count ?? 0), factors });
  }
  return [...totals]
    .filter(([, { count }]) => count !== 0)
    .sort(([a, x], [b, y]) => y.factors.length - x.factors.length || (a < b ? -1 : 1))
    .map(([, term]) => term);
}

function print(terms: readonly Term[]): Dim {
  if (terms.every(({ factors }) => factors.length === 0)) return terms[0]?.count ?? 0;
  const text = textOf(terms);
  if (text.length > LONGEST) refuse(`a size of more than ${LONGEST} characters`);
  if (!terms.every(({ count }) => Number.isSafeInteger(count))) refuse(`${text} has numbers beyond 2^53`);
  // A symbol of any name needs its quotes beside others only.
  return /^"(?:[^"\\]|\\.)*"$/.test(text) ? (JSON.parse(text) as string) : text;
}

function textOf(terms: readonly Term[]): string {
  const words = terms.map(({ count, factors }, i) => {
    const sign = count < 0 ? "-" : i === 0 ? "" : "+";
    const size = Math.abs(count);
    return `${sign}${[...(size === 1 && factors.length > 0 ? [] : [size]), ...factors].join("*")}`;
  });
  return words.join("") || "0";
}

const PLAIN_NAME = /^[A-Za-z_]\w*$/;

function termsOf(dim: Dim): readonly Term[] {
  if (typeof dim === "number") return dim === 0 ? [] : [{ count: dim, factors: [] }];
  if (PLAIN_NAME.test(dim)) return [{ count: 1, factors: [dim] }];
  return new SizeReader(dim).terms() ?? [{ count: 1, factors: [JSON.stringify(dim)] }];
}

function tokensOf(text: string): readonly string[] {
  const tokens = text.length <= LONGEST ? text.match(/"(?:[^"\\]|\\.)*"|[A-Za-z_]\w*|\d+|[-+*/()]|./gs) : [];
  return tokens ?? [];
}

/** Reads the text of a polynomial; gives undefined for any other text. */
class SizeReader {
  readonly #tokens: readonly string[];
  #next = 0;
  #broken = false;

  constructor(text: string) {
    this.#tokens = tokensOf(text);
  }

  terms(): readonly Term[] | undefined {
    const terms = this.#sum();
    return this.#broken || this.#next < this.#tokens.length ? undefined : terms;
  }

  #sum(): readonly Term[] {
    const terms: Term[] = [];
    let sign = this.#accept("-") ? -1 : 1;
    do {
      for (const { count, factors } of this.#product()) terms.push({ count: sign * count, factors });
      sign = this.#peek() === "-" ? -1 : 1;
    } while (this.#accept("+") || this.#accept("-"));
    return sum(terms);
  }

  #product(): readonly Term[] {
    let terms = this.#factor();
    while (this.#accept("*") && !this.#broken) {
      const right = this.#factor();
      terms = sum(terms.flatMap((each) => right.map((other) => product(each, other))));
      if (terms.length > MOST_TERMS) this.#broken = true;
    }
    return terms;
  }

  #factor(): readonly Term[] {
    const token = this.#tokens[this.#next++] ?? "";
    if (/^\d/.test(token)) return [{ count: Number(token), factors: [] }];
    if (token === "(") return this.#closed(this.#sum());
    if (token === "floor" && this.#accept("(")) {
      const dividend = this.#product();
      if (!this.#accept("/")) this.#broken = true;
      const divisor = this.#closed(this.#factor());
      if (divisor.length === 0) this.#broken = true;
      return this.#broken ? [] : quotientOf(dividend, divisor);
    }
    if (PLAIN_NAME.test(token) || token.startsWith('"')) return [{ count: 1, factors: [token] }];
    this.#broken = true;
    return [];
  }

  #closed(terms: readonly Term[]): readonly Term[] {
    if (!this.#accept(")")) this.#broken = true;
    return terms;
  }

  #peek(): string | undefined {
    return this.#tokens[this.#next];
  }

  #accept(token: string): boolean {
    if (this.#peek() !== token) return false;
    this.#next++;
    return true;
  }
}

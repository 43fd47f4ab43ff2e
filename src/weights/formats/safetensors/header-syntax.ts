import { quoteName } from "../../../base/visible-text.js";

/** An entry of a header as it is written: nothing is checked but that it has these parts. */
export interface HeaderEntry {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly offsets: readonly number[];
}

export interface HeaderSyntax {
  readonly entries: readonly HeaderEntry[];
  readonly metadata: ReadonlyMap<string, string>;
}

/** A header that can't be read on, in words. */
export class HeaderProblem extends Error {
  override readonly name = "HeaderProblem";
}

export const METADATA_KEY = "__metadata__";
/** More than any framework has. */
const MOST_AXES = 64;
/** Tensors, or texts of the metadata. An entry of seven bytes takes some hundred in memory. */
const MOST_ENTRIES = 1_000_000;

/** What JSON writes in another way, or forbids, inside of a text. */
const NEEDS_PARSING = /[\\\p{Cc}]/u;

/**
 * Reads the JSON of a header. Not by `JSON.parse`, which keeps the last of two equal keys and rounds 2^53 + 1; and
 * which builds whatever a hostile header says, where here only lists of whole numbers and texts are read, each once.
 *
 * Throws `HeaderProblem` with the place of the first mistake.
 */
export function readHeaderSyntax(json: string): HeaderSyntax {
  return new HeaderReader(json).header();
}

class HeaderReader {
  readonly #json: string;
  #at = 0;

  constructor(json: string) {
    this.#json = json;
  }

  header(): HeaderSyntax {
    if (!this.#json.startsWith("{")) this.#fail("must begin with {");
    const entries: HeaderEntry[] = [];
    let metadata: ReadonlyMap<string, string> = new Map();
    this.#object((name) => {
      if (name === METADATA_KEY) metadata = this.#metadata();
      else entries.push(this.#entry(name));
    });
    this.#space();
    if (this.#at < this.#json.length) this.#fail("goes on after its end");
    return { entries, metadata };
  }

  #metadata(): ReadonlyMap<string, string> {
    const metadata = new Map<string, string>();
    this.#object(
      (key) =>
        void metadata.set(
          key,
          this.#string(() => `${METADATA_KEY} must be texts`),
        ),
    );
    return metadata;
  }

  #entry(name: string): HeaderEntry {
    let [dtype, shape, offsets]: [string?, (readonly number[])?, (readonly number[])?] = [];
    const of = (): string => `of ${quoteName(name)}`;
    this.#object((key) => {
      if (key === "dtype") dtype = this.#string(() => `the dtype ${of()} must be a text`);
      else if (key === "shape") shape = this.#numbers(() => `the shape ${of()}`);
      else if (key === "data_offsets") offsets = this.#numbers(() => `the data_offsets ${of()}`);
      else this.#fail(`has an unknown key ${quoteName(key)} in the entry ${of()}`);
    });
    if (dtype === undefined || shape === undefined || offsets === undefined) {
      return this.#fail(`needs a dtype, a shape and data_offsets in the entry ${of()}`);
    }
    return { name, dtype, shape, offsets };
  }

  // Rules are functions, because they are put into words for the one mistake only.

  /** `{"key": value, ...}`, whose values `read` reads. */
  #object(read: (key: string) => void): void {
    this.#expect("{", () => "an object must begin");
    const seen = new Set<string>();
    if (this.#accept("}")) return;
    do {
      const key = this.#string(() => "a key must be a text");
      if (seen.has(key)) this.#fail(`has ${quoteName(key)} twice`);
      if (seen.size === MOST_ENTRIES) this.#fail(`has more than ${MOST_ENTRIES} entries in an object`);
      seen.add(key);
      this.#expect(":", () => `a colon must follow ${quoteName(key)}`);
      read(key);
    } while (this.#accept(","));
    this.#expect("}", () => "a comma or } must follow");
  }

  /** `[2, 3]` */
  #numbers(what: () => string): readonly number[] {
    const rule = (): string => `${what()} must be a list of whole numbers from 0 to 2^53 - 1`;
    this.#expect("[", rule);
    const numbers: number[] = [];
    if (this.#accept("]")) return numbers;
    do {
      if (numbers.length === MOST_AXES) this.#fail(`has more than ${MOST_AXES} numbers in ${what()}`);
      this.#space();
      // One digit more than 2^53 has: enough to see that it is too large.
      const digits = /^(?:0|[1-9]\d{0,16})(?=[\s,\]])/.exec(this.#json.slice(this.#at, this.#at + 18))?.[0];
      const number = Number(digits);
      if (digits === undefined || !Number.isSafeInteger(number)) this.#fail(`is wrong: ${rule()}`);
      this.#at += digits.length;
      numbers.push(number);
    } while (this.#accept(","));
    this.#expect("]", rule);
    return numbers;
  }

  #string(rule: () => string): string {
    this.#expect('"', rule);
    const start = this.#at - 1;
    let end = this.#json.indexOf('"', this.#at);
    while (end >= 0 && this.#isEscaped(end)) end = this.#json.indexOf('"', end + 1);
    if (end < 0) this.#fail("ends inside of a text");
    this.#at = end + 1;
    const text = this.#json.slice(start + 1, end);
    if (!NEEDS_PARSING.test(text)) return text;
    try {
      return JSON.parse(this.#json.slice(start, end + 1));
    } catch {
      return this.#fail("contains a string that is not valid JSON");
    }
  }

  /** Whether an odd number of backslashes stands before a character. */
  #isEscaped(at: number): boolean {
    let backslashes = 0;
    while (this.#json[at - 1 - backslashes] === "\\") backslashes++;
    return backslashes % 2 === 1;
  }

  #expect(sign: string, rule: () => string): void {
    if (!this.#accept(sign))
      this.#fail(this.#at < this.#json.length ? `is wrong: ${rule()}` : "ends too early");
  }

  #accept(sign: string): boolean {
    this.#space();
    if (this.#json[this.#at] !== sign) return false;
    this.#at++;
    return true;
  }

  #space(): void {
    while (" \t\n\r".includes(this.#json[this.#at] ?? "x")) this.#at++;
  }

  #fail(what: string): never {
    throw new HeaderProblem(`its header ${what}, at character ${this.#at}`);
  }
}

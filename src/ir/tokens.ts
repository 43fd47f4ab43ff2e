import { InputError } from "../base/diagnostic.js";
import type { SourceText } from "../base/source.js";

const TOKEN = /\s+|\/\/[^\n]*|("(?:[^"\\]|\\.)*")|([%@]?[A-Za-z0-9_./+-]+)|([%@]|[()[\]{}=,:])/y;

interface Token {
  readonly text: string;
  readonly offset: number;
}

/** The words and marks of the IR's text form, read one after the other. What does not fit is refused with its line and column. */
export class TokenReader {
  readonly #source: SourceText;
  readonly #tokens: readonly Token[];
  #next = 0;

  constructor(source: SourceText) {
    this.#source = source;
    this.#tokens = this.#tokenize();
  }

  get atEnd(): boolean {
    return this.#next >= this.#tokens.length;
  }

  peek(): Token {
    return this.#tokens[this.#next] ?? this.fail("the text ends too early");
  }

  take(): Token {
    const token = this.peek();
    this.#next++;
    return token;
  }

  accept(text: string): boolean {
    if (this.#tokens[this.#next]?.text !== text) return false;
    this.#next++;
    return true;
  }

  expect(text: string): void {
    if (!this.accept(text)) this.fail(`expected ${text}, got ${this.peek().text}`);
  }

  word(): string {
    const { text } = this.take();
    return /^[A-Za-z0-9_./+-]/.test(text) ? text : this.fail(`expected a word, got ${text}`, -1);
  }

  number(): number {
    const { text } = this.take();
    const value = Number(text);
    return Number.isFinite(value) ? value : this.fail(`expected a number, got ${text}`, -1);
  }

  string(): string {
    const { text } = this.take();
    return text.startsWith('"')
      ? (JSON.parse(text) as string)
      : this.fail(`expected a text in quotes, got ${text}`, -1);
  }

  name(): string {
    return this.peek().text.startsWith('"') ? this.string() : this.word();
  }

  sigil(sigil: string): string {
    const { text } = this.take();
    if (text === sigil) return this.string();
    return text.startsWith(sigil)
      ? text.slice(1)
      : this.fail(`expected a name with ${sigil}, got ${text}`, -1);
  }

  list<T>(item: () => T): T[] {
    const items = [item()];
    while (this.accept(",")) items.push(item());
    return items;
  }

  json(): unknown {
    if (this.accept("[")) {
      if (this.accept("]")) return [];
      const items = this.list(() => this.json());
      this.expect("]");
      return items;
    }
    const { text } = this.take();
    try {
      return JSON.parse(text);
    } catch {
      return this.fail(`${text} is not a value`, -1);
    }
  }

  /** Fails at the next token, or at one that was already taken (`step` -1). */
  fail(message: string, step = 0): never {
    const end = { text: "", offset: this.#source.text.length };
    throw this.#error(message, this.#tokens[this.#next + step] ?? end);
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

  #error(message: string, { offset, text }: Token): InputError {
    return InputError.of("ir/syntax", message, {
      range: { source: this.#source, offset, length: text.length },
    });
  }
}

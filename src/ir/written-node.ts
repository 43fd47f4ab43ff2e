import type { OpOf } from "./graph.js";
import { refuse } from "./types.js";

/** What is written of a node of a file that no op of the IR says: its attributes, and which inputs and outputs it leaves out. */
export class WrittenNode {
  readonly operator: string;
  /** Which of the operator's inputs each operand is. */
  readonly inputSlots: readonly number[];
  /** Which of the operator's outputs each result is: those that have a name. */
  readonly slots: readonly number[];
  readonly #attributes: ReadonlyMap<string, string>;

  constructor({ attributes: { operator, written }, operands, results }: OpOf<"opaque">) {
    this.operator = operator;
    this.#attributes = new Map(written);
    this.inputSlots = this.#slots("inputs left out", operands.length);
    this.slots = this.#slots("outputs left out", results.length);
  }

  has(name: string): boolean {
    return this.#attributes.has(name);
  }

  number(name: string, absent: number): number {
    const value = this.#parsed(name);
    return value === undefined ? absent : typeof value === "number" ? value : this.#unread(name);
  }

  numbers(name: string): readonly number[] | undefined {
    const value = this.#parsed(name);
    if (value === undefined) return undefined;
    return Array.isArray(value) && value.every((each) => typeof each === "number")
      ? value
      : this.#unread(name);
  }

  string(name: string, absent: string): string {
    const value = this.#parsed(name);
    return value === undefined ? absent : typeof value === "string" ? value : this.#unread(name);
  }

  /** The elements of an attribute that is a small tensor, `float32[1](0)`. */
  tensor(name: string): readonly number[] | undefined {
    const text = this.#attributes.get(name);
    if (text === undefined) return undefined;
    const elements = /^\w+\[[\d, ]*\]\((.*)\)$/.exec(text)?.[1] ?? this.#unread(name);
    return elements === "" ? [] : elements.split(", ").map(Number);
  }

  /** The first so many slots that are not left out. */
  #slots(leftOut: string, count: number): readonly number[] {
    const out = new Set(this.#attributes.get(leftOut)?.split(",").map(Number));
    const slots: number[] = [];
    for (let slot = 0; slots.length < count; slot++) if (!out.has(slot)) slots.push(slot);
    return slots;
  }

  #parsed(name: string): unknown {
    const text = this.#attributes.get(name);
    if (text === undefined) return undefined;
    try {
      return JSON.parse(text);
    } catch {
      return this.#unread(name);
    }
  }

  #unread(name: string): never {
    return refuse(`its attribute ${name} can't be read`);
  }
}

import { type Machine, STEPS, STOP } from "./pickle-opcodes.js";
import { PickleProblem, type PickleValue } from "./pickle-values.js";

/**
 * Opcodes that are read. A tensor takes some sixty, so these are the tensors of the largest checkpoints. One byte of a
 * pickle, of which deflate makes a thousand out of one, can ask for a dict or an entry of the memo, some hundred bytes.
 */
const MOST_STEPS = 4_000_000;

/** Where an open list, tuple or dict begins on the stack. */
const MARK = Symbol("mark");
type StackItem = PickleValue | typeof MARK;

/**
 * Reads a pickle of protocols 2 to 5, as data. The opcodes are a list of those that Python writes for
 * containers, numbers, texts and references; any other is refused by its name or number. Throws `PickleProblem`.
 *
 * Source: https://github.com/python/cpython/blob/main/Lib/pickletools.py
 */
export function readPickle(bytes: Uint8Array): PickleValue {
  return new PickleReader(bytes).read();
}

class PickleReader {
  readonly #view: DataView;
  readonly #bytes: Uint8Array;
  readonly #stack: StackItem[] = [];
  readonly #memo = new Map<number, PickleValue>();
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  read(): PickleValue {
    for (let steps = 0; ; steps++) {
      if (steps === MOST_STEPS) this.#fail(`it has more than ${MOST_STEPS} opcodes`);
      const code = this.#uint8();
      if (code === STOP) return this.#pop();
      const step = STEPS.get(code);
      if (step === undefined) this.#fail(`opcode 0x${code.toString(16).padStart(2, "0")} is not read`);
      step(this.#machine);
    }
  }

  /** What an opcode may do. */
  readonly #machine: Machine = {
    uint8: () => this.#uint8(),
    uint16: () => this.#view.getUint16(this.#take(2), true),
    int32: () => this.#view.getInt32(this.#take(4), true),
    uint32: () => this.#view.getUint32(this.#take(4), true),
    float64: () => this.#view.getFloat64(this.#take(8), false),
    length64: () => {
      const length = Number(this.#view.getBigUint64(this.#take(8), true));
      return Number.isSafeInteger(length) ? length : this.#fail(`a length of ${length}`);
    },
    bytes: (length) => {
      const start = this.#take(length);
      return this.#bytes.subarray(start, start + length);
    },
    line: () => {
      const end = this.#bytes.indexOf(0x0a, this.#at);
      if (end < 0) this.#fail("a line has no end");
      const start = this.#take(end + 1 - this.#at);
      return new TextDecoder("utf-8", { ignoreBOM: true }).decode(this.#bytes.subarray(start, end));
    },
    push: (value) => void this.#stack.push(value),
    mark: () => void this.#stack.push(MARK),
    pop: () => this.#pop(),
    popToMark: () => {
      const mark = this.#stack.lastIndexOf(MARK);
      if (mark < 0) this.#fail("a mark is missing");
      const items = this.#stack.splice(mark);
      return items.slice(1) as PickleValue[];
    },
    top: () => this.#top(),
    memoize: (index) => void this.#memo.set(index ?? this.#memo.size, this.#top()),
    recall: (index) => {
      const value = this.#memo.get(index);
      this.#stack.push(value === undefined ? this.#fail(`memo ${index} is empty`) : value);
    },
    fail: (what) => this.#fail(what),
  };

  #uint8(): number {
    return this.#view.getUint8(this.#take(1));
  }

  /** Moves on by so many bytes; gives where they begin. */
  #take(length: number): number {
    const start = this.#at;
    if (length > this.#bytes.length - start) this.#fail("it ends too early");
    this.#at += length;
    return start;
  }

  #pop(): PickleValue {
    const value = this.#stack.pop();
    return value === undefined || value === MARK ? this.#fail("its stack is empty") : value;
  }

  #top(): PickleValue {
    const value = this.#stack.at(-1);
    return value === undefined || value === MARK ? this.#fail("its stack is empty") : value;
  }

  #fail(what: string): never {
    throw new PickleProblem(`${what}, at byte ${this.#at} of its pickle`);
  }
}

import { quoteName } from "../../../base/visible-text.js";
import {
  PickleCall,
  PickleDict,
  PickleGlobal,
  PickleList,
  PicklePersistent,
  type PickleValue,
} from "./pickle-values.js";

/** What an opcode may do: read on, and move values between the stack and the memo. */
export interface Machine {
  uint8(): number;
  uint16(): number;
  int32(): number;
  uint32(): number;
  float64(): number;
  length64(): number;
  bytes(length: number): Uint8Array;
  line(): string;
  push(value: PickleValue): void;
  mark(): void;
  pop(): PickleValue;
  popToMark(): PickleValue[];
  top(): PickleValue;
  memoize(index?: number): void;
  recall(index: number): void;
  fail(what: string): never;
}

export const STOP = ".".charCodeAt(0);

/** The allow-list: what each opcode does. Named as in pickletools. */
export const STEPS: ReadonlyMap<number, (machine: Machine) => void> = new Map(
  Object.entries({
    // PROTO, FRAME
    "\x80": (m) => {
      const version = m.uint8();
      if (version < 2 || version > 5) m.fail(`protocol ${version}`);
    },
    "\x95": (m) => void m.length64(),
    // MARK, POP, POP_MARK
    "(": (m) => m.mark(),
    "0": (m) => void m.pop(),
    "1": (m) => void m.popToMark(),
    // NONE, NEWTRUE, NEWFALSE
    N: (m) => m.push(null),
    "\x88": (m) => m.push(true),
    "\x89": (m) => m.push(false),
    // BININT, BININT1, BININT2, LONG1, BINFLOAT
    J: (m) => m.push(m.int32()),
    K: (m) => m.push(m.uint8()),
    M: (m) => m.push(m.uint16()),
    "\x8a": (m) => m.push(longOf(m.bytes(m.uint8()))),
    G: (m) => m.push(m.float64()),
    // BINUNICODE, SHORT_BINUNICODE, BINUNICODE8, BINSTRING, SHORT_BINSTRING
    X: (m) => m.push(textOf(m, m.bytes(m.uint32()))),
    "\x8c": (m) => m.push(textOf(m, m.bytes(m.uint8()))),
    "\x8d": (m) => m.push(textOf(m, m.bytes(m.length64()))),
    T: (m) => m.push(textOf(m, m.bytes(m.uint32()))),
    U: (m) => m.push(textOf(m, m.bytes(m.uint8()))),
    // BINBYTES, SHORT_BINBYTES
    B: (m) => m.push(m.bytes(m.uint32())),
    C: (m) => m.push(m.bytes(m.uint8())),
    // EMPTY_LIST, APPEND, APPENDS, LIST
    "]": (m) => m.push(new PickleList([])),
    a: (m) => append(m, [m.pop()]),
    e: (m) => append(m, m.popToMark()),
    l: (m) => m.push(new PickleList(m.popToMark())),
    // EMPTY_TUPLE, TUPLE, TUPLE1, TUPLE2, TUPLE3
    ")": (m) => m.push(new PickleList([])),
    t: (m) => m.push(new PickleList(m.popToMark())),
    "\x85": (m) => m.push(tupleOf(m, 1)),
    "\x86": (m) => m.push(tupleOf(m, 2)),
    "\x87": (m) => m.push(tupleOf(m, 3)),
    // EMPTY_DICT, SETITEM, SETITEMS, DICT, EMPTY_SET, ADDITEMS
    "}": (m) => m.push(new PickleDict()),
    s: (m) => setItems(m, tupleOf(m, 2).items),
    u: (m) => setItems(m, m.popToMark()),
    d: (m) => {
      const items = m.popToMark();
      m.push(new PickleDict());
      setItems(m, items);
    },
    "\x8f": (m) => m.push(new PickleList([])),
    "\x90": (m) => append(m, m.popToMark()),
    // BINPUT, LONG_BINPUT, MEMOIZE, BINGET, LONG_BINGET
    q: (m) => m.memoize(m.uint8()),
    r: (m) => m.memoize(m.uint32()),
    "\x94": (m) => m.memoize(),
    h: (m) => m.recall(m.uint8()),
    j: (m) => m.recall(m.uint32()),
    // GLOBAL, STACK_GLOBAL: only their names
    c: (m) => {
      const module = m.line();
      m.push(new PickleGlobal(`${module}.${m.line()}`));
    },
    "\x93": (m) => {
      const [module, name] = tupleOf(m, 2).items;
      if (typeof module !== "string" || typeof name !== "string") m.fail("a global without a name");
      m.push(new PickleGlobal(`${module}.${name}`));
    },
    // REDUCE, NEWOBJ: noted, not called. BUILD: the state is noted, too.
    R: (m) => m.push(callOf(m)),
    "\x81": (m) => m.push(callOf(m)),
    b: (m) => {
      const state = m.pop();
      const object = m.top();
      if (object instanceof PickleCall) object.state = state;
    },
    // BINPERSID
    Q: (m) => m.push(new PicklePersistent(m.pop())),
  } satisfies Record<string, (m: Machine) => void>).map(([code, step]) => [code.charCodeAt(0), step]),
);

function callOf(m: Machine): PickleCall {
  const [callee, args] = tupleOf(m, 2).items;
  return args instanceof PickleList
    ? new PickleCall(callee as PickleValue, args.items)
    : m.fail("a call without arguments");
}

function tupleOf(m: Machine, length: number): PickleList {
  const items = Array.from({ length }, () => m.pop());
  return new PickleList(items.reverse());
}

/** Adds to the list on top of the stack. What is added to an object that isn't made is dropped with it. */
function append(m: Machine, items: readonly PickleValue[]): void {
  const list = m.top();
  if (list instanceof PickleList) for (const item of items) list.items.push(item);
  else if (!(list instanceof PickleCall)) m.fail("items are added to no list");
}

function setItems(m: Machine, items: readonly PickleValue[]): void {
  const dict = m.top();
  if (!(dict instanceof PickleDict) || items.length % 2 !== 0) m.fail("items are set on no dict");
  for (let i = 0; i < items.length; i += 2) {
    const key = items[i] as PickleValue;
    if (dict.entries.has(key)) m.fail(`the key ${quoteName(String(key))} is there twice`);
    dict.entries.set(key, items[i + 1] as PickleValue);
  }
}

function textOf(m: Machine, bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return m.fail("a string is not UTF-8");
  }
}

/** A whole number in two's complement, little-endian. */
function longOf(bytes: Uint8Array): number | bigint {
  let value = 0n;
  for (const byte of [...bytes].reverse()) value = value * 256n + BigInt(byte);
  if (bytes.length > 0 && ((bytes.at(-1) as number) & 0x80) !== 0) value -= 1n << BigInt(8 * bytes.length);
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

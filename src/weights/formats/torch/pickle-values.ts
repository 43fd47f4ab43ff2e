import type { Conversion } from "./conversion.js";

/**
 * What a pickle can hold here. Nothing is ever called: a global is its name, and a call is a record of what would
 * have been called, which the reader of state dicts understands or refuses.
 */
export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | PickleList
  | PickleDict
  | PickleGlobal
  | PickleCall
  | PicklePersistent;

/** A list or a tuple. */
export class PickleList {
  constructor(readonly items: PickleValue[]) {}
}

export class PickleDict {
  readonly entries = new Map<PickleValue, PickleValue>();
}

/** `module.name`, the name of a class or function. */
export class PickleGlobal {
  constructor(readonly path: string) {}
}

/** `callee(*args)`, not called. Items that are set on its result are collected: an OrderedDict is made so. */
export class PickleCall extends PickleDict {
  /** The state that is set on its result: of a network its parameters and layers. */
  state: PickleValue | undefined;

  constructor(
    readonly callee: PickleValue,
    readonly args: readonly PickleValue[],
  ) {
    super();
  }
}

/** Something that lies outside of the pickle: `id` says where. */
export class PicklePersistent {
  constructor(readonly id: PickleValue) {}
}

/** What is wrong with a pickle, in words; the caller knows the file. */
export class PickleProblem extends Error {
  override readonly name = "PickleProblem";
  readonly conversion: Conversion;

  constructor(message: string, conversion: Conversion = { kind: "none" }) {
    super(message);
    this.conversion = conversion;
  }
}

import { type DType, isNumberDType, type NumberDType, refuse } from "./types.js";

/** How often an operand stands in an op's list: `optional` and `rest` ones only at its end. */
export type Count = "one" | "optional" | "rest";

/** An operand as an op declares it. */
export interface Operand<C extends Count = Count> {
  readonly count: C;
  /** The element types that it may have. */
  readonly types: readonly NumberDType[];
  /** Whether its elements have the type that those of the other operands have: a node of ONNX computes in one. */
  readonly shared: boolean;
  /** What the types are called where another one is refused. */
  readonly called: string;
}

/** Operands that belong together, as the four of a batch normalisation: all of them are there, or, where optional, none. */
export interface OperandGroup<M extends string = string, C extends "one" | "optional" = "one" | "optional"> {
  readonly count: C;
  readonly members: { readonly [N in M]: Operand<"one"> };
}

/** An op's operands by name, in their order. The text form says `reduce_bias` where the record says `reduceBias`. */
export type OperandRecord = { readonly [name: string]: Operand | OperandGroup };

/** Operands of the element types that the name lists, which is the type of the op's other operands. */
export function elements(...types: readonly NumberDType[]): Operand<"one"> {
  return { count: "one", types, shared: true, called: types.join(" or ") };
}

/** Floating-point numbers of the type that all operands have. */
export const floats: Operand<"one"> = {
  ...elements("float32", "float16"),
  called: "floating-point numbers",
};

/**
 * Floating-point numbers of a type of their own: a gate may be computed in float32 beside a map of half precision. Those
 * of one op have one type, which the caller that makes the op ensures.
 */
export const weights: Operand<"one"> = { ...floats, shared: false };

/** Numbers of any type, which all operands have. */
export const numbers: Operand<"one"> = elements("float32", "float16", "int64", "int32");

/** Integers whatever the other operands are: indices, a shape. */
export const integers: Operand<"one"> = { ...elements("int64", "int32"), shared: false, called: "integers" };

/** Operands under one name: `norm` of `scale` and `shift` are `norm_scale` and `norm_shift`. */
export function group<const M extends string>(
  members: {
    readonly [N in M]: Operand<"one">;
  },
): OperandGroup<M, "one"> {
  return { count: "one", members };
}

/** An operand, or a group of them, that may be left out. */
export function optional<M extends string>(operand: OperandGroup<M, "one">): OperandGroup<M, "optional">;
export function optional(operand: Operand<"one">): Operand<"optional">;
export function optional(operand: Operand<"one"> | OperandGroup): Operand | OperandGroup {
  return { ...operand, count: "optional" };
}

/** Any number of operands, at the end of the list. */
export function rest(operand: Operand<"one">): Operand<"rest"> {
  return { ...operand, count: "rest" };
}

type Bound<O, T> =
  O extends OperandGroup<infer M>
    ? { readonly [N in M]: T }
    : O extends Operand<infer C>
      ? "rest" extends C
        ? readonly T[]
        : T
      : never;

type OptionalName<R extends OperandRecord> = {
  [N in keyof R]: R[N]["count"] extends "optional" ? N : never;
}[keyof R];

/** What stands for each operand of a record, by its name: types, tensors or values. */
export type Named<R extends OperandRecord, T> = {
  readonly [N in Exclude<keyof R, OptionalName<R>>]: Bound<R[N], T>;
} & { readonly [N in OptionalName<R>]?: Bound<R[N], T> | undefined };

/** The same of a record that is not known. */
export type AnyNamed<T> = {
  readonly [name: string]: T | readonly T[] | { readonly [member: string]: T } | undefined;
};

/**
 * What an op has at its operands' slots, by their names. That there are as many as there must be is for `takesOperands` to say; of an
 * optional group of which only a part is there, the op's `infer` refuses what is missing.
 */
export function nameOperands<R extends OperandRecord, T>(record: R, list: readonly T[]): Named<R, T> {
  let next = 0;
  const named: Record<string, unknown> = {};
  for (const name in record) {
    const operand = record[name];
    if (operand === undefined || (next >= list.length && operand.count !== "rest")) break;
    if (isLeftOut(record, operand, list.length - next)) continue;
    if ("members" in operand) {
      const members: Record<string, unknown> = {};
      for (const member in operand.members) members[member] = list[next++];
      named[name] = members;
    } else {
      named[name] = operand.count === "rest" ? list.slice(next) : list[next++];
    }
  }
  // TypeScript can't follow the record through the loop.
  return named as Named<R, T>;
}

/**
 * Whether an optional group is not there, although operands are left: fewer than it has, and as many as what may stand after it. A
 * part of a group is a mistake that `infer` is shown.
 */
function isLeftOut(record: OperandRecord, operand: Operand | OperandGroup, left: number): boolean {
  if (!("members" in operand) || operand.count !== "optional") return false;
  const size = Object.keys(operand.members).length;
  const all = Object.values(record);
  const after = all.slice(all.indexOf(operand) + 1).reduce((sum, each) => sum + slotsOf(each), 0);
  return left < size && left <= after;
}

function slotsOf(operand: Operand | OperandGroup): number {
  return "members" in operand ? Object.keys(operand.members).length : 1;
}

/** One of an op's operands, as its slot in the list is declared. */
export interface OperandSlot extends Operand {
  /** As the text form has it: `norm_scale`. */
  readonly name: string;
}

const slotsOfRecord = new WeakMap<OperandRecord, readonly OperandSlot[]>();

/** The operands of a record in their order, those of groups one by one. */
export function operandSlots(record: OperandRecord): readonly OperandSlot[] {
  let slots = slotsOfRecord.get(record);
  if (slots === undefined) {
    slots = Object.entries(record).flatMap(([key, operand]): OperandSlot[] => {
      const name = key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
      if (!("members" in operand)) return [{ ...operand, name }];
      return Object.entries(operand.members).map(([member, each]) => ({
        ...each,
        count: operand.count,
        name: `${name}_${member}`,
      }));
    });
    slotsOfRecord.set(record, slots);
  }
  return slots;
}

/** The slots that so many operands stand in: those of an optional group that is left out are not among them. */
export function slotsInUse(record: OperandRecord, count: number): readonly OperandSlot[] {
  const slots = operandSlots(record);
  const indexes = Array.from({ length: count }, (_, i) => i);
  const named = Object.entries(nameOperands(record, indexes)) as readonly [string, unknown][];
  const keys = new Set(named.map(([name]) => name));
  const used = Object.entries(record).flatMap(([name, operand]) =>
    keys.has(name) ? [{ [name]: operand }] : [],
  );
  const own = used.flatMap((each) => operandSlots(each));
  return own.length === 0 ? slots : own;
}

/** The slot of the operand with that index: the last slot of an op may be that of many. */
export function operandSlot(record: OperandRecord, index: number): OperandSlot | undefined {
  const slots = operandSlots(record);
  return slots[index] ?? (slots.at(-1)?.count === "rest" ? slots.at(-1) : undefined);
}

const MARKS: { readonly [C in Count]: string } = { one: "", optional: "?", rest: "..." };

/** The operands as they are said to a reader: `x, weight, bias?` or `x, more...`. */
export function formatOperands(record: OperandRecord): string {
  return operandSlots(record)
    .map(({ name, count }) => `${name}${MARKS[count]}`)
    .join(", ");
}

/** Whether there may be so many operands: all that are not optional, and no more than there are slots. */
export function takesOperands(record: OperandRecord, count: number): boolean {
  const slots = operandSlots(record);
  const most = slots.at(-1)?.count === "rest" ? Number.POSITIVE_INFINITY : slots.length;
  return count >= slots.filter((each) => each.count === "one").length && count <= most;
}

/** Refuses element types that the operands may not have: one of their own, or one that is not that of the others. */
export function checkElementTypes(record: OperandRecord, dtypes: readonly DType[]): void {
  if (!dtypes.every(isNumberDType)) refuse("it has an operand that the IR only hands on");
  const slots = dtypes.map((_, i) => operandSlot(record, i));
  slots.forEach((slot, i) => {
    if (slot?.shared === false && !isOneOf(slot, dtypes[i]))
      refuse(`${slot.name} must be ${slot.called}, not ${dtypes[i]}`);
  });
  const found = new Set(dtypes.filter((_, i) => slots[i]?.shared));
  if (found.size > 1) refuse(`operands have the element types ${[...found].join(" and ")}`);
  slots.forEach((slot, i) => {
    if (slot?.shared && !isOneOf(slot, dtypes[i])) refuse(`it takes ${slot.called}, not ${dtypes[i]}`);
  });
}

function isOneOf({ types }: Operand, dtype: DType | undefined): boolean {
  return types.some((each) => each === dtype);
}

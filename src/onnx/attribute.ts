import { roundToFloat16 } from "../base/float16.js";
import type { DType } from "../ir/types.js";
import { type AttributeMessage, AttributeProto } from "./proto.js";

/** The value of an attribute, of the kinds that the codecs need. */
export type OnnxAttribute =
  | { readonly kind: "int"; readonly value: number }
  | { readonly kind: "ints"; readonly value: readonly number[] }
  | { readonly kind: "float"; readonly value: number };

export type OnnxAttributes = Readonly<Record<string, OnnxAttribute>>;

export const int = (value: number): OnnxAttribute => ({ kind: "int", value });
export const ints = (value: readonly number[]): OnnxAttribute => ({ kind: "ints", value });
/** Stored as float32. */
export const float = (value: number): OnnxAttribute => ({ kind: "float", value });

export function encodeAttributes(attributes: OnnxAttributes): AttributeMessage[] {
  return Object.entries(attributes).map(([name, attribute]) => ({ name, ...encodeValue(attribute) }));
}

function encodeValue(attribute: OnnxAttribute): AttributeMessage {
  const { FLOAT, INT, INTS } = AttributeProto.AttributeType;
  switch (attribute.kind) {
    case "int":
      return { type: INT, i: attribute.value };
    case "ints":
      return { type: INTS, ints: [...attribute.value] };
    case "float":
      return { type: FLOAT, f: attribute.value };
  }
}

/**
 * The shortest decimal number that the element type rounds to the same value: a file's 0.0010000000474974513 is
 * the 0.001 that someone wrote. Nine digits always suffice.
 */
export function shortestDecimal(value: number, dtype: DType = "float32"): number {
  const round = dtype === "float16" ? roundToFloat16 : Math.fround;
  const rounded = round(value);
  for (let digits = 1; digits < 9; digits++) {
    const short = Number(rounded.toPrecision(digits));
    if (round(short) === rounded) return short;
  }
  return rounded;
}

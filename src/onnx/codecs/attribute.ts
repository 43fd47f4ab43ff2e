import { utf8 } from "../../base/bytes.js";
import { type AttributeMessage, AttributeProto } from "../file/proto.js";

/** The value of an attribute, of the kinds that the codecs need. */
export type OnnxAttribute =
  | { readonly kind: "int"; readonly value: number }
  | { readonly kind: "ints"; readonly value: readonly number[] }
  | { readonly kind: "float"; readonly value: number }
  | { readonly kind: "string"; readonly value: string };

export type OnnxAttributes = Readonly<Record<string, OnnxAttribute>>;

export const int = (value: number): OnnxAttribute => ({ kind: "int", value });
export const ints = (value: readonly number[]): OnnxAttribute => ({ kind: "ints", value });
/** Stored as float32. */
export const float = (value: number): OnnxAttribute => ({ kind: "float", value });

export const text = (value: string): OnnxAttribute => ({ kind: "string", value });

export function encodeAttributes(attributes: OnnxAttributes): AttributeMessage[] {
  return Object.entries(attributes).map(([name, attribute]) => ({ name, ...encodeValue(attribute) }));
}

function encodeValue(attribute: OnnxAttribute): AttributeMessage {
  const { FLOAT, INT, INTS, STRING } = AttributeProto.AttributeType;
  switch (attribute.kind) {
    case "int":
      return { type: INT, i: attribute.value };
    case "ints":
      return { type: INTS, ints: [...attribute.value] };
    case "float":
      return { type: FLOAT, f: attribute.value };
    case "string":
      return { type: STRING, s: utf8(attribute.value) };
  }
}

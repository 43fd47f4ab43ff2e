import { concatBytes } from "../../base/bytes.js";
import { sha256Hex } from "../../base/sha256.js";
import { isDefaultDomain } from "../file/opset.js";
import {
  type AttributeMessage,
  AttributeProto,
  FunctionProto,
  type ModelMessage,
  type NodeMessage,
} from "../file/proto.js";

/** What a node has besides its operands, by name, as text: what tells two nodes of one operator apart. */
export type WrittenAttributes = readonly (readonly [name: string, text: string])[];

/**
 * The attributes of a node, those that are tensors and bodies by what their bytes are; which inputs it leaves out; and what the
 * function is that it calls.
 */
export function writtenAttributes(
  { attribute, input, opType, domain }: NodeMessage,
  { functions }: ModelMessage,
): WrittenAttributes {
  const attributes = (attribute ?? []).map((each) => [each.name ?? "", valueText(each)] as const);
  const absent = (input ?? []).flatMap((name, i) => (name === "" ? [i] : []));
  const own = (functions ?? []).find(
    (each) => each.name === opType && isDefaultDomain(each.domain) === isDefaultDomain(domain),
  );
  const bodies =
    own === undefined ? [] : (functions ?? []).map((each) => FunctionProto.encode(each).finish());
  return [
    ...attributes.sort(([a], [b]) => (a < b ? -1 : 1)),
    ...(absent.length === 0 ? [] : [["inputs left out", absent.join()] as const]),
    // What the function calls is told apart with it.
    ...(own === undefined ? [] : [["function", digest(bodies)] as const]),
  ];
}

function valueText(attribute: AttributeMessage): string {
  const { FLOAT, FLOATS, INT, INTS, STRING } = AttributeProto.AttributeType;
  switch (attribute.type) {
    case FLOAT:
      return `${attribute.f ?? 0}`;
    case INT:
      return `${attribute.i ?? 0}`;
    case STRING:
      return JSON.stringify(textOf(attribute));
    case FLOATS:
      return `[${(attribute.floats ?? []).join(", ")}]`;
    case INTS:
      return `[${(attribute.ints ?? []).join(", ")}]`;
    default:
      return digest([AttributeProto.encode(attribute).finish()]);
  }
}

function textOf({ s }: AttributeMessage): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(s ?? new Uint8Array());
}

function digest(parts: readonly Uint8Array[]): string {
  return `#${sha256Hex(concatBytes(parts)).slice(0, 12)}`;
}

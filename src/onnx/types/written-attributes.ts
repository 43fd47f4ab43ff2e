import { concatBytes } from "../../base/bytes.js";
import { sha256Hex } from "../../base/sha256.js";
import {
  type AttributeMessage,
  AttributeProto,
  FunctionProto,
  type ModelMessage,
  type NodeMessage,
} from "../file/proto.js";

type Functions = NonNullable<ModelMessage["functions"]>;

/** What a node has besides its operands, by name, as text: what tells two nodes of one operator apart. */
export type WrittenAttributes = readonly (readonly [name: string, text: string])[];

/**
 * The attributes of a node, those that are tensors and bodies by what their bytes are; which inputs it leaves out; and what the
 * function is that it calls.
 *
 * @param functions those of the model, where the node calls one of them
 */
export function writtenAttributes(
  { attribute, input }: NodeMessage,
  functions?: Functions | null,
): WrittenAttributes {
  const attributes = (attribute ?? []).map((each) => [each.name ?? "", valueText(each)] as const);
  const absent = (input ?? []).flatMap((name, i) => (name === "" ? [i] : []));
  return [
    ...attributes.sort(([a], [b]) => (a < b ? -1 : 1)),
    ...(absent.length === 0 ? [] : [["inputs left out", absent.join()] as const]),
    // What the function calls is told apart with it.
    ...(functions ? [["function", digestOf(functions)] as const] : []),
  ];
}

const digests = new WeakMap<Functions, string>();

/** What the functions of a model are, computed once for all of their calls. */
function digestOf(functions: Functions): string {
  const known =
    digests.get(functions) ?? digest(functions.map((each) => FunctionProto.encode(each).finish()));
  digests.set(functions, known);
  return known;
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

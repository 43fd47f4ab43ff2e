import { concatBytes, nothingBeside } from "../../base/bytes.js";
import { sha256Hex } from "../../base/sha256.js";
import { elementCount, unlessRefused } from "../../ir/types.js";
import { elementReader } from "../../weights/formats/file-dtypes.js";
import { dtypeOfNumber } from "../file/element-types.js";
import {
  type AttributeMessage,
  AttributeProto,
  FunctionProto,
  type ModelMessage,
  type NodeMessage,
  type TensorMessage,
  toInteger,
} from "../file/proto.js";
import { bytesOfTensor, elementDType, isExternal, tensorOfMessage } from "../file/tensors.js";

type Functions = NonNullable<ModelMessage["functions"]>;

/** What a node has besides its operands, by name, as text: what tells two nodes of one operator apart. */
export type WrittenAttributes = readonly (readonly [name: string, text: string])[];

/**
 * The attributes of a node, those that are tensors and bodies by what their bytes are; which inputs and outputs it leaves out; and what the
 * function is that it calls.
 *
 * @param functions those of the model, where the node calls one of them
 */
export function writtenAttributes(
  { attribute, input, output }: NodeMessage,
  functions?: Functions | null,
): WrittenAttributes {
  const attributes = (attribute ?? []).map((each) => [each.name ?? "", valueText(each)] as const);
  const absent = leftOut(input ?? []);
  const unnamed = leftOut(output ?? []);
  return [
    ...attributes.sort(([a], [b]) => (a < b ? -1 : 1)),
    ...(absent.length === 0 ? [] : [["inputs left out", absent.join()] as const]),
    ...(unnamed.length === 0 ? [] : [["outputs left out", unnamed.join()] as const]),
    // What the function calls is told apart with it.
    ...(functions ? [["function", digestOf(functions)] as const] : []),
  ];
}

/** Those without a name before the last that has one. */
function leftOut(names: readonly string[]): readonly number[] {
  const last = names.findLastIndex((name) => name !== "");
  return names.flatMap((name, i) => (name === "" && i < last ? [i] : []));
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
  const { FLOAT, FLOATS, INT, INTS, STRING, TENSOR } = AttributeProto.AttributeType;
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
    case TENSOR:
      return smallTensorText(attribute) ?? digest([AttributeProto.encode(attribute).finish()]);
    default:
      return digest([AttributeProto.encode(attribute).finish()]);
  }
}

/** Tensors of more elements are told apart by what their bytes are. */
const MOST_ELEMENTS = 64;

/** `float32[1](0)`; undefined for one that is large, or not of numbers. */
function smallTensorText({ t }: AttributeMessage): string | undefined {
  const dims = (t?.dims ?? []).map(toInteger);
  if (!t || isExternal(t) || elementCount(dims) > MOST_ELEMENTS) return undefined;
  const at = elementReader(elementDType(t) ?? "C64");
  if (at === undefined) return undefined;
  const bytes = bytesOf(t);
  if (bytes === undefined) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const elements = Array.from({ length: elementCount(dims) }, (_, i) => at(view, i));
  return `${dtypeOfNumber(t.dataType)}[${dims.join(", ")}](${elements.join(", ")})`;
}

/** Undefined for a tensor whose data doesn't fit its sizes. */
function bytesOf(tensor: TensorMessage): Uint8Array | undefined {
  return unlessRefused(() => bytesOfTensor(tensorOfMessage(tensor, nothingBeside)));
}

function textOf({ s }: AttributeMessage): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(s ?? new Uint8Array());
}

function digest(parts: readonly Uint8Array[]): string {
  return `#${sha256Hex(concatBytes(parts)).slice(0, 12)}`;
}

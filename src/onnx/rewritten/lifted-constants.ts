import { concatBytes, utf8 } from "../../base/bytes.js";
import { encodeElements } from "../../weights/values/elements.js";
import type { ModelSource } from "../decode/source.js";
import { bytes, copied, type FileSegment, message } from "../encode/layout.js";
import type { DocumentNode } from "../file/document.js";
import { FIELD, fieldHeader, type NodeMessage, TensorProto, toInteger } from "../file/proto.js";
import { WireReader } from "../file/wire.js";

/** The tensor of a Constant node as an initializer of the graph, which every reader of the node's output may read by its name. */
export function liftedConstant({ document }: ModelSource, node: DocumentNode): readonly FileSegment[] {
  const [name = ""] = node.message.output ?? [];
  const content = tensorFields(document.range, node) ?? listFields(node.message);
  return message(FIELD.graphInitializer, [...content, bytes(nameField(name))]);
}

/** The field with a tensor's name. */
export function nameField(name: string): Uint8Array {
  const text = utf8(name);
  return concatBytes([fieldHeader(FIELD.tensorName, text.length), text]);
}

/** What the attribute `value` has, but its name; undefined for a node without it. */
function tensorFields(
  range: ModelSource["document"]["range"],
  { field }: DocumentNode,
): readonly FileSegment[] | undefined {
  const wire = new WireReader(range);
  for (const attribute of wire.fields(field.start, field.end)) {
    if (attribute.number !== FIELD.nodeAttribute) continue;
    for (const value of wire.fields(attribute.start, attribute.end)) {
      if (value.number !== FIELD.attributeTensor) continue;
      const fields = [...wire.fields(value.start, value.end)];
      return fields
        .filter(({ number }) => number !== FIELD.tensorName)
        .map(({ begin, end }) => copied(range, begin, end));
    }
  }
  return undefined;
}

/** The attributes `value_float`, `value_floats`, `value_int` and `value_ints`. */
function listFields({ attribute }: NodeMessage): readonly FileSegment[] {
  const [only] = attribute ?? [];
  const isFloat = only?.name?.startsWith("value_float") === true;
  const isList = only?.name?.endsWith("s") === true;
  const list = isFloat ? only?.floats : only?.ints?.map(toInteger);
  const one = isFloat ? only?.f : toInteger(only?.i);
  const numbers = isList ? (list ?? []) : [one ?? 0];
  const { FLOAT, INT64 } = TensorProto.DataType;
  const tensor = {
    dims: isList ? [numbers.length] : [],
    dataType: isFloat ? FLOAT : INT64,
    rawData: encodeElements(numbers, isFloat ? "float32" : "int64"),
  };
  return [bytes(TensorProto.encode(tensor).finish())];
}

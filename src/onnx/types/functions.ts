import type { ModelDocument } from "../file/document.js";
import { operatorKey } from "../file/opset.js";
import {
  type AttributeMessage,
  AttributeProto,
  FIELD,
  FunctionProto,
  type GraphMessage,
  type ModelMessage,
  type NodeMessage,
} from "../file/proto.js";
import { WireReader } from "../file/wire.js";

/** A function of a model: an operator that is made of others. */
export interface OwnFunction {
  readonly message: NonNullable<ModelMessage["functions"]>[number];
  /** The attributes that a call may leave out, with what they are then. */
  readonly defaults: readonly AttributeMessage[];
}

/** The field of FunctionProto with its attributes that have defaults, which this protobuf library does not know. */
const DEFAULTS_FIELD = 11;

/** The functions of a model, by `operatorKey`. */
export function ownFunctions({
  range,
  modelFields,
}: Pick<ModelDocument, "range" | "modelFields">): ReadonlyMap<string, OwnFunction> {
  const wire = new WireReader(range);
  const functions = modelFields
    .filter(({ number }) => number === FIELD.modelFunction)
    .map(({ start, end }): OwnFunction => {
      const message = FunctionProto.decode(wire.read(start, end));
      const defaults = [...wire.fields(start, end)]
        .filter(({ number }) => number === DEFAULTS_FIELD)
        .map((field) => AttributeProto.decode(wire.read(field.start, field.end)));
      return { message, defaults };
    });
  return new Map(functions.map((each) => [operatorKey(each.message.name, each.message.domain), each]));
}

/**
 * The nodes of a function with the attributes of a call, or their defaults, in place of references to them. A
 * reference to an attribute that the call leaves out is left out too.
 *
 * Source: https://onnx.ai/onnx/repo-docs/IR.html#attributes
 */
export function boundTo(call: NodeMessage, { message, defaults }: OwnFunction): readonly NodeMessage[] {
  const given = new Map<string, AttributeMessage>();
  for (const each of [...defaults, ...(call.attribute ?? [])]) given.set(each.name ?? "", each);
  return (message.node ?? []).map((node) => bound(node, given));
}

function bound(node: NodeMessage, given: ReadonlyMap<string, AttributeMessage>): NodeMessage {
  const attribute = (node.attribute ?? []).flatMap((each): readonly AttributeMessage[] => {
    if (each.refAttrName) {
      const value = given.get(each.refAttrName);
      return value === undefined ? [] : [{ ...value, name: each.name ?? "" }];
    }
    const inner = (graph: GraphMessage): GraphMessage => ({
      ...graph,
      node: (graph.node ?? []).map((own) => bound(own, given)),
    });
    if (each.g) return [{ ...each, g: inner(each.g) }];
    return [each.graphs?.length ? { ...each, graphs: each.graphs.map(inner) } : each];
  });
  return { ...node, attribute };
}

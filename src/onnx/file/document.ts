import { type ByteRange, concatBytes, rangeOfBytes, readRange } from "../../base/bytes.js";
import { type Diagnostic, InputError, MOST_PROBLEMS } from "../../base/diagnostic.js";
import { fileKind, LONGEST_FILE_START } from "../../base/file-kinds.js";
import { otherModel } from "../../base/other-models.js";
import { quoteName } from "../../base/visible-text.js";
import { TypeRefusal } from "../../ir/types.js";
import {
  FIELD,
  type GraphMessage,
  GraphProto,
  type ModelMessage,
  ModelProto,
  type NodeMessage,
  NodeProto,
  StringStringEntryProto,
  type ValueInfoMessage,
  ValueInfoProto,
} from "./proto.js";
import { type DocumentTensor, readInitializer } from "./tensors.js";
import { type WireField, WireProblem, WireReader } from "./wire.js";

/** A node of a file, and where it lies. */
export interface DocumentNode {
  /** Its index among the graph's nodes, from 0. */
  readonly index: number;
  readonly field: WireField;
  readonly message: NodeMessage;
}

/** A field of the graph that says what a tensor's type is. */
export interface DocumentValue {
  readonly field: WireField;
  readonly message: ValueInfoMessage;
}

/**
 * A model file taken apart, without the numbers of its tensors. Every field of the model and of its graph is known by
 * its offset, so that unchanged fields can be copied, known or unknown.
 */
export interface ModelDocument {
  /** The file's name, for messages. */
  readonly file: string;
  readonly range: ByteRange;
  /** The model without its graph. */
  readonly model: ModelMessage;
  /** The graph without nodes, tensors and types of values. */
  readonly graph: GraphMessage;
  readonly modelFields: readonly WireField[];
  readonly graphFields: readonly WireField[];
  readonly nodes: readonly DocumentNode[];
  readonly initializers: readonly DocumentTensor[];
  readonly inputs: readonly DocumentValue[];
  readonly outputs: readonly DocumentValue[];
  readonly values: readonly DocumentValue[];
  /** Nodes that stand in the place of one that runs them, a call or an If; outer ones before those inside. */
  readonly inlined?: readonly InlinedNode[];
}

/** A node of the file whose place others have taken. */
export interface InlinedNode {
  readonly field: WireField;
  readonly message: NodeMessage;
  readonly nodes: readonly WireField[];
}

/** More than any network has; each costs some hundred bytes of memory. */
const MOST_FIELDS = 1_000_000;
/** Fields other than nodes and tensors that are longer are copied, and not looked into. */
const LONGEST_REST = 1 << 26;

/**
 * Takes a model file apart. Its tensors stay where they are; `range` is read again when they are needed.
 *
 * Errors: `InputError` for bytes that are no ONNX model, and for every tensor, node and declaration that can't be
 * decoded.
 */
export function readDocument(range: ByteRange, file: string): ModelDocument {
  return asModel(range, file, () => new DocumentReader(range, file).read());
}

/** What an ONNX file says of itself, its `metadata_props`; its graph is passed over. Errors: `InputError` for bytes that are no model. */
export function metadataOf(range: ByteRange, file: string): ReadonlyMap<string, string> {
  return asModel(range, file, () => {
    const wire = new WireReader(range);
    const fields = [...wire.fields(0, range.size)];
    graphAmong(fields);
    const entries = fields
      .filter(({ number }) => number === FIELD.modelMetadata)
      .map(({ start, end }) => decoded(() => StringStringEntryProto.decode(wire.read(start, end))));
    return new Map(entries.map(({ key, value }) => [key, value]));
  });
}

/** The message of a whole model, tensors included. Errors: `InputError` for bytes that are no model. */
export function parseModel(bytes: Uint8Array, file: string): ModelMessage {
  return asModel(rangeOfBytes(bytes), file, () => {
    // protobufjs makes an empty field of the constructor of what it reads; Node.js prints a warning where that is Buffer's.
    const plain = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const model: ModelMessage = decoded(() => ModelProto.decode(plain));
    if ((model.graph?.node ?? []).length === 0) throw new WireProblem("it has no graph");
    return model;
  });
}

/** The one graph among the fields of a model. Throws `WireProblem`. */
export function graphAmong(fields: readonly WireField[]): WireField {
  const [graph, ...others] = fields.filter(({ number }) => number === FIELD.modelGraph);
  if (graph !== undefined && others.length === 0) return graph;
  throw new WireProblem(graph === undefined ? "it has no graph" : `it has ${others.length + 1} graphs`);
}

/** Reads a model; what is wrong with its bytes becomes an `InputError` that names the file, and what else it is. */
export function asModel<T>(range: ByteRange, file: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof WireProblem)) throw error;
    const start = readRange(range, 0, Math.min(range.size, LONGEST_FILE_START));
    const kind = otherModel(file, start) ?? fileKind(start);
    const why = kind === undefined ? error.message : `it is ${kind.is}`;
    throw InputError.of("onnx/no-model", `${file} is not an ONNX model: ${why}`, {
      file,
      hint: kind?.hint ?? fileKind(start)?.asOnnx,
    });
  }
}

/** protobufjs has no error class of its own for bytes that make no message; too deep ones overflow the stack. */
function decoded<M>(decode: () => M): M {
  try {
    return decode();
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new WireProblem(error instanceof Error ? error.message : String(error));
  }
}

class DocumentReader {
  readonly #range: ByteRange;
  readonly #file: string;
  readonly #wire: WireReader;
  readonly #problems: Diagnostic[] = [];

  constructor(range: ByteRange, file: string) {
    this.#range = range;
    this.#file = file;
    this.#wire = new WireReader(range);
  }

  read(): ModelDocument {
    const modelFields = this.#fields(0, this.#range.size);
    const graph = graphAmong(modelFields);
    const model = this.#message(
      modelFields.filter((field) => field !== graph),
      ModelProto,
      "the model",
    );
    const graphFields = this.#fields(graph.start, graph.end);
    const of = (number: number): readonly WireField[] => graphFields.filter((each) => each.number === number);
    const nodes = of(FIELD.graphNode).map(
      (field, index): DocumentNode => ({
        index,
        field,
        message: this.#one(field, NodeProto, `node ${index}`),
      }),
    );
    if (nodes.length === 0) throw new WireProblem("it has no graph");
    const declared = (number: number, what: string): readonly DocumentValue[] =>
      of(number).map((field, i) => ({ field, message: this.#one(field, ValueInfoProto, `${what} ${i}`) }));
    const taken: readonly number[] = [
      FIELD.graphNode,
      FIELD.graphInitializer,
      FIELD.graphInput,
      FIELD.graphOutput,
      FIELD.graphValueInfo,
    ];
    const rest = graphFields.filter(({ number }) => !taken.includes(number));
    const document: ModelDocument = {
      file: this.#file,
      range: this.#range,
      model,
      graph: this.#message(rest, GraphProto, "the graph"),
      modelFields,
      graphFields,
      nodes,
      initializers: this.#initializers(of(FIELD.graphInitializer)),
      inputs: declared(FIELD.graphInput, "input"),
      outputs: declared(FIELD.graphOutput, "output"),
      values: declared(FIELD.graphValueInfo, "the type of value"),
    };
    if (this.#problems.length > 0) throw new InputError(this.#problems);
    return document;
  }

  #fields(start: number, end: number): readonly WireField[] {
    const fields: WireField[] = [];
    for (const field of this.#wire.fields(start, end)) {
      if (fields.push(field) > MOST_FIELDS)
        throw new WireProblem(`it has more than ${MOST_FIELDS} nodes, tensors and other parts`);
    }
    return fields;
  }

  #initializers(fields: readonly WireField[]): readonly DocumentTensor[] {
    return fields.flatMap((field, i) => {
      try {
        return [readInitializer(this.#wire, field)];
      } catch (error) {
        if (!(error instanceof TypeRefusal)) throw error;
        this.#problem(`initializer ${i}: ${error.message}`);
        return [];
      }
    });
  }

  /** What one field holds. A message that can't be decoded is noted, and empty. */
  #one<M extends object>(field: WireField, type: MessageType<M>, what: string): M {
    return this.#decode(() => this.#wire.read(field.start, field.end), type, what);
  }

  /** The message of some fields, without those that are too long to be of interest. */
  #message<M extends object>(fields: readonly WireField[], type: MessageType<M>, what: string): M {
    const short = fields.filter(({ begin, end }) => end - begin <= LONGEST_REST);
    return this.#decode(
      () => concatBytes(short.map(({ begin, end }) => this.#wire.read(begin, end))),
      type,
      what,
    );
  }

  #decode<M extends object>(read: () => Uint8Array, type: MessageType<M>, what: string): M {
    try {
      return decoded(() => type.decode(read()));
    } catch (error) {
      if (!(error instanceof WireProblem)) throw error;
      this.#problem(`${what} can't be decoded: ${error.message}`);
      return {} as M;
    }
  }

  #problem(message: string): void {
    this.#problems.push({ code: "onnx/no-model", message: `${this.#file}: ${message}`, file: this.#file });
    if (this.#problems.length >= MOST_PROBLEMS) throw new InputError(this.#problems);
  }
}

interface MessageType<M> {
  decode(bytes: Uint8Array): M;
}

/** How a node is called in messages: by its name, or by what it computes. */
export function labelOfNode({ name, opType, output }: NodeMessage): string {
  const operator = opType ?? "";
  return name ? `${quoted(name)} (${operator})` : `${operator} of ${quoted(output?.[0] ?? "")}`;
}

/** A name in a message, in quotes only where it has characters that would be hard to see. */
function quoted(name: string): string {
  return /^[\x21-\x7e]{1,120}$/.test(name) ? name : quoteName(name);
}

import { Defect, type Diagnostic, InputError } from "../../base/diagnostic.js";
import { parseJsonPath } from "../../base/json-path.js";
import { located } from "../../ir/builder.js";
import { type Graph, type Op, type OpOf, parametersOf, usesOf, type Value } from "../../ir/graph.js";
import type { OpName } from "../../ir/ops/registry.js";
import { isFloatType, type NumberDType, numberDType, type TensorType, tensorType } from "../../ir/types.js";
import type { WeightExpr } from "../../ir/weight.js";
import { encodeElements } from "../../weights/values/elements.js";
import { encodeAttributes } from "../codecs/attribute.js";
import type { NodeWriter, OnnxCodec, OperatorName } from "../codecs/codec.js";
import { codecs, isOperator } from "../codecs/registry.js";
import { FIXED_TENSORS } from "../file/fixed-tensors.js";
import { nodeName, TensorNames, UniqueNames } from "../file/names.js";
import { checkOpset, IR_VERSION, OPSETS } from "../file/opset.js";
import type { GraphMessage, ModelMessage, NodeMessage, ValueInfoMessage } from "../file/proto.js";
import { encodeValueInfo } from "../file/value-info.js";

export interface EncodeOptions {
  /** Version of the operator set, 13 to 21. Default 17. */
  readonly opset?: number | undefined;
  /** Version of the file format. Default 8. */
  readonly irVersion?: number | undefined;
  /** The version of ecagen. */
  readonly producerVersion: string;
  /** Sizes for symbols of the graph's types, such as `{ N: 1 }` for a fixed batch; the others stay open. */
  readonly sizes?: Readonly<Record<string, number>> | undefined;
  /** Goes into the file's metadata, sorted by key. */
  readonly metadata?: Readonly<Record<string, string>> | undefined;
}

/** A tensor of the file: sizes and where its numbers come from, not yet the numbers of a parameter. */
export interface TensorToWrite {
  readonly name: string;
  readonly dtype: NumberDType;
  readonly dims: readonly number[];
  readonly data: WeightExpr | Uint8Array;
}

/** An ONNX model that lacks the data of its initializers. `writeModel` and `modelBytes` make a file of it. */
export interface EncodedModel {
  /** Everything outside of the graph. */
  readonly model: ModelMessage;
  /** The graph without its initializers. */
  readonly graph: GraphMessage;
  readonly initializers: readonly TensorToWrite[];
}

/**
 * Encodes a graph of primitive ops, each as the operator of its name. The order of everything is that of the
 * graph, so that the same graph gives the same bytes.
 *
 * Errors: `InputError` for ops that are no ONNX operator (all of them, with their places in the spec), for an
 * unknown opset, and for outputs that ONNX can't say without an extra node.
 */
export function encodeModel(graph: Graph, options: EncodeOptions): EncodedModel {
  const opset = options.opset ?? OPSETS.default;
  checkOpset(opset);
  refuseModelOps(graph, opset);
  refuseOutputs(graph);
  const { fixed, ...encoded } = new GraphEncoder(graph, opset, options.sizes ?? {}).encode();
  const said = {
    ...options.metadata,
    ...(fixed.length === 0 ? {} : { [FIXED_TENSORS]: JSON.stringify(fixed) }),
  };
  const metadata = Object.entries(said).sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    model: {
      irVersion: options.irVersion ?? IR_VERSION,
      producerName: "ecagen",
      producerVersion: options.producerVersion,
      opsetImport: [{ domain: "", version: opset }],
      metadataProps: metadata.map(([key, value]) => ({ key, value })),
    },
    ...encoded,
  };
}

class GraphEncoder {
  readonly #graph: Graph;
  readonly #opset: number;
  readonly #sizes: Readonly<Record<string, number>>;
  readonly #uses: ReadonlyMap<Value, readonly Op[]>;
  readonly #tensors = new TensorNames();
  readonly #nodeNames = new UniqueNames();
  readonly #nodes: NodeMessage[] = [];
  readonly #initializers: TensorToWrite[] = [];
  readonly #valueInfo: ValueInfoMessage[] = [];

  constructor(graph: Graph, opset: number, sizes: Readonly<Record<string, number>>) {
    this.#graph = graph;
    this.#opset = opset;
    this.#sizes = sizes;
    this.#uses = usesOf(graph);
  }

  /** `fixed`: the initializers that a reader would take for weights, and that no training changes. */
  encode(): Pick<EncodedModel, "graph" | "initializers"> & { readonly fixed: readonly string[] } {
    const { name, inputs, ops, outputs } = this.#graph;
    const parameters = parametersOf(this.#graph);
    // What users address by name keeps its name where two kinds of value share one: inputs, outputs, parameters.
    for (const value of [...inputs, ...outputs, ...parameters]) this.#tensors.of(value);
    for (const parameter of parameters) {
      const { data, type } = parameter;
      this.#initializers.push({
        name: this.#tensors.of(parameter),
        dtype: numberDType(type),
        dims: data.dims,
        data,
      });
    }
    for (const op of ops) this.#encodeOp(op);
    return {
      graph: {
        name: name === "" ? "graph" : name,
        node: this.#nodes,
        input: inputs.map((input) => this.#describe(input)),
        output: outputs.map((output) => this.#describe(output)),
        valueInfo: this.#valueInfo,
      },
      initializers: this.#initializers,
      fixed: parameters.flatMap((parameter) => {
        const { role, type } = parameter;
        const looksTrained = isFloatType(type.dtype) && type.dims.length > 0;
        return role === "fixed" && looksTrained ? [this.#tensors.of(parameter)] : [];
      }),
    };
  }

  #encodeOp(op: Op): void {
    const sink: NodeSink = {
      opset: this.#opset,
      uses: this.#uses,
      nameOf: (value) => this.#tensors.of(value),
      fresh: (wanted) => this.#tensors.fresh(wanted),
      unread: (wanted, type) => {
        const name = this.#tensors.fresh(wanted);
        this.#valueInfo.push(this.#declare(name, type));
        return name;
      },
      nodeName: (scope, operator) => this.#nodeNames.take(nodeName(scope, operator)),
      constant: (initializer) => void this.#initializers.push(initializer),
    };
    this.#nodes.push(...codecNodes(op, sink));
    for (const result of op.results) {
      if (!this.#graph.outputs.includes(result)) this.#valueInfo.push(this.#describe(result));
    }
  }

  #describe(value: Value): ValueInfoMessage {
    return this.#declare(this.#tensors.of(value), value.type);
  }

  #declare(name: string, { dtype, dims }: TensorType): ValueInfoMessage {
    const sized = dims.map((dim) => (typeof dim === "string" ? (this.#sizes[dim] ?? dim) : dim));
    return encodeValueInfo(name, tensorType(sized, dtype));
  }
}

/** What the nodes of an op need of the model that they become part of. */
export interface NodeSink {
  readonly opset: number;
  /** The ops that read each value. */
  readonly uses: ReadonlyMap<Value, readonly Op[]>;
  /** The name of a value that a node reads or computes. */
  nameOf(value: Value): string;
  /** A name for a tensor that no value stands for. */
  fresh(wanted: string): string;
  /** A name for an output of a node that nothing reads. */
  unread(wanted: string, type: TensorType): string;
  nodeName(scope: string, operator: string): string;
  /** Takes a tensor that a node wants as an input. */
  constant(initializer: TensorToWrite): void;
}

/** The nodes of a primitive op, which its codec writes. */
export function codecNodes(op: Op, sink: NodeSink): readonly NodeMessage[] {
  if (!isOperator(op.kind)) throw new Defect(`${op.kind} reached the encoder`);
  const codec: OnnxCodec = codecs[op.kind] as OnnxCodec;
  const nodes: NodeMessage[] = [];
  const [first] = op.results;
  const result = first === undefined ? "" : sink.nameOf(first);
  const unread = (codec.output?.before(op as OpOf<OperatorName>) ?? []).map((type, i) =>
    sink.unread(`${result}/output${i}`, type),
  );
  const writer: NodeWriter = {
    opset: sink.opset,
    operands: op.operands.map((operand) => sink.nameOf(operand)),
    result,
    readers: () => new Set(first === undefined ? [] : readersOf(first, sink)),
    constant: (label, { dtype, dims }, values) => {
      const name = sink.fresh(`${result}/${label}`);
      sink.constant({ name, dtype, dims, data: encodeElements(values, dtype) });
      return name;
    },
    node: (operator, inputs, attributes = {}) => {
      nodes.push({
        name: sink.nodeName(op.loc.scope, operator),
        opType: operator,
        input: [...inputs],
        output: [...unread, result],
        attribute: encodeAttributes(attributes),
      });
    },
  };
  located(op.loc, () => codec.encode(op as OpOf<OperatorName>, writer));
  return nodes;
}

/** Ops whose result is their operand, for ONNX Runtime at the latest. */
const HANDING_ON: ReadonlySet<OpName> = new Set<OpName>(["cast", "dropout", "identity"]);

function readersOf(value: Value, { uses }: Pick<NodeSink, "uses">): readonly OpName[] {
  return (uses.get(value) ?? []).flatMap((op): readonly OpName[] => {
    const [result] = op.results;
    return HANDING_ON.has(op.kind) && result !== undefined
      ? [op.kind, ...readersOf(result, { uses })]
      : [op.kind];
  });
}

/** Refuses ops that are no operator, or none of that operator set. */
export function refuseModelOps(graph: Graph, opset: number): void {
  const diagnostics = graph.ops.flatMap((op): Diagnostic[] => {
    if (op.kind === "opaque") return [];
    const { since = 0 }: Pick<OnnxCodec, "since"> = isOperator(op.kind) ? codecs[op.kind] : {};
    if (isOperator(op.kind) && since <= opset) return [];
    const before = since > opset ? ` before opset ${since}` : "";
    return [
      {
        code: "onnx/not-an-operator",
        message: `${op.kind} at ${op.loc.scope} is not an ONNX operator${before}`,
        path: op.loc.specPath === undefined ? undefined : parseJsonPath(op.loc.specPath),
        hint: "a lowering pass must come before export",
      },
    ];
  });
  if (diagnostics.length > 0) throw new InputError(diagnostics);
}

/** ONNX names a graph's outputs by the tensors' names: a tensor can't be two outputs, or input and output. */
function refuseOutputs(graph: Graph): void {
  graph.outputs.forEach((output, i) => {
    if (output.kind !== "input" && graph.outputs.indexOf(output) === i) return;
    const why = output.kind === "input" ? "is input and output at once" : "is an output twice";
    throw InputError.of("onnx/output", `${output.name} ${why}, which an ONNX file can't express`);
  });
}

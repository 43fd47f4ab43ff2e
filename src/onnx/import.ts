import { type Diagnostic, InputError } from "../base/diagnostic.js";
import { didYouMean } from "../base/suggest.js";
import { GraphBuilder } from "../ir/builder.js";
import type { Graph, Parameter, ParameterRole, Value } from "../ir/graph.js";
import { formatType, refuse, TypeRefusal } from "../ir/types.js";
import { storedWeight } from "../ir/weight.js";
import { KNOWN_OPERATORS, opsOfOperator } from "./codecs/registry.js";
import { decodeNode } from "./decode-node.js";
import { parseModel } from "./model-file.js";
import { scopeOfNode } from "./names.js";
import type { TensorScope } from "./node-reader.js";
import { IR_VERSION, OPSETS } from "./opset.js";
import {
  type GraphMessage,
  type ModelMessage,
  type NodeMessage,
  toInteger,
  type ValueInfoMessage,
} from "./proto.js";
import { type FileTensor, numbersOf, readTensor, storedNumbersOf } from "./tensor-data.js";
import { agrees, decodeValueInfo } from "./value-info.js";

/** An ONNX file as IR, and what it says of itself. */
export interface ImportedModel {
  readonly graph: Graph;
  readonly opset: number;
  readonly irVersion: number;
  readonly producer: { readonly name: string; readonly version: string };
  readonly metadata: Readonly<Record<string, string>>;
  /** What a reader should know although the file could be read. */
  readonly notes: readonly Diagnostic[];
}

/**
 * Reads an ONNX file whose operators are ops of the IR, one op for each node. `file` is its name: in messages,
 * and for the folder where external data lies.
 *
 * Errors: `InputError` for bytes that are no ONNX model, and for everything in one that the IR can't say; all
 * of it at once, each with its node.
 */
export function decodeModel(bytes: Uint8Array, file: string): ImportedModel {
  const model = parseModel(bytes, file);
  const opset = opsetOf(model, file);
  const irVersion = toInteger(model.irVersion);
  const graph = new GraphDecoder(model.graph ?? {}, opset, file).decode();
  return {
    graph,
    opset,
    irVersion,
    producer: { name: model.producerName ?? "", version: model.producerVersion ?? "" },
    metadata: Object.fromEntries(
      (model.metadataProps ?? []).map(({ key, value }) => [key ?? "", value ?? ""]),
    ),
    notes: irVersion > IR_VERSION ? [newerFormat(irVersion, file)] : [],
  };
}

/** The message in a file. Errors: `InputError` for bytes that are no ONNX model. */
export function opsetOf(model: ModelMessage, file: string): number {
  const versions = (model.opsetImport ?? []).filter(({ domain }) => isDefaultDomain(domain));
  const opset = toInteger(versions[0]?.version);
  if (opset >= OPSETS.first && opset <= OPSETS.last) return opset;
  throw InputError.of(
    "onnx/opset",
    `${file} has opset ${opset}; ${OPSETS.first} to ${OPSETS.last} are supported`,
    {
      file,
    },
  );
}

function newerFormat(irVersion: number, file: string): Diagnostic {
  return {
    code: "onnx/newer-format",
    message: `${file} has IR version ${irVersion}; what came after version ${IR_VERSION} is not read and would be lost`,
    file,
  };
}

function isDefaultDomain(domain: string | null | undefined): boolean {
  return domain === undefined || domain === null || domain === "" || domain === "ai.onnx";
}

class GraphDecoder implements TensorScope {
  readonly #graph: GraphMessage;
  readonly #opset: number;
  readonly #file: string;
  readonly #builder: GraphBuilder;
  readonly #diagnostics: Diagnostic[] = [];
  readonly #tensors = new Map<string, FileTensor>();
  readonly #values = new Map<string, Value>();
  /** Names of tensors that could not be read: nodes that use them are not reported again. */
  readonly #lost = new Set<string>();

  constructor(graph: GraphMessage, opset: number, file: string) {
    this.#graph = graph;
    this.#opset = opset;
    this.#file = file;
    this.#builder = new GraphBuilder(graph.name ?? "");
  }

  decode(): Graph {
    const {
      initializer = [],
      input = [],
      node = [],
      output = [],
      sparseInitializer = [],
    } = messageLists(this.#graph);
    for (const each of initializer) {
      const name = each.name ?? "";
      this.#attempt(`tensor ${name}`, [name], () => this.#tensors.set(name, readTensor(each, this.#file)));
    }
    for (const each of sparseInitializer) {
      const name = each.values?.name ?? "";
      this.#attempt(`tensor ${name}`, [name], () => refuse("sparse tensors are not supported"));
    }
    for (const each of input) this.#input(each);
    for (const each of node) this.#node(each);
    const outputs = output.map((each) => this.#output(each)).filter((value) => value !== undefined);
    if (this.#diagnostics.length > 0) throw new InputError(this.#diagnostics);
    if (outputs.length === 0)
      throw InputError.of("onnx/no-model", `${this.#file} has no output`, { file: this.#file });
    return this.#builder.finish(outputs);
  }

  value(name: string, role: ParameterRole): Value {
    const known = this.#values.get(name);
    if (known !== undefined) return known;
    const tensor = this.#tensors.get(name);
    if (tensor === undefined) refuse(`its input ${name} is not defined before it`);
    const parameter = this.#parameter(tensor, role);
    this.#values.set(name, parameter);
    return parameter;
  }

  constant(name: string): readonly number[] | undefined {
    const tensor = this.#tensors.get(name);
    return tensor === undefined ? undefined : numbersOf(tensor);
  }

  #parameter(tensor: FileTensor, role: ParameterRole): Parameter {
    const data = storedWeight(tensor.dims, tensor.name, storedNumbersOf(tensor));
    // A single number and integers are constants of the computation, not something that was trained.
    const isConstant = tensor.dims.length === 0 || tensor.dtype === "int64";
    return this.#builder.parameterOf(tensor.name, data, isConstant ? "fixed" : role, tensor.dtype);
  }

  #input(info: ValueInfoMessage): void {
    const name = info.name ?? "";
    if (this.#tensors.has(name)) return; // A default value makes it a parameter, as in files before IR version 4.
    this.#attempt(`input ${name}`, [name], () => {
      this.#define(
        name,
        this.#builder.input(name, decodeValueInfo(info) ?? refuse("it must be a tensor of known rank")),
      );
    });
  }

  #node(node: NodeMessage): void {
    const operator = node.opType ?? "";
    const label =
      node.name === "" || node.name === undefined
        ? `${operator} of ${node.output?.[0]}`
        : `${node.name} (${operator})`;
    if ((node.input ?? []).some((name) => this.#lost.has(name))) {
      for (const name of node.output ?? []) this.#lost.add(name);
      return;
    }
    this.#attempt(`node ${label}`, node.output ?? [], () => {
      const kinds = isDefaultDomain(node.domain) ? opsOfOperator(operator) : [];
      if (kinds.length === 0) return this.#unknownOperator(node, label);
      const { kind, operands, attributes, output } = decodeNode(node, kinds, this.#opset, this);
      const scope = scopeOfNode(node.name || output, operator);
      this.#define(output, this.#builder.op(kind, operands, attributes, { scope }, output));
    });
  }

  #unknownOperator(node: NodeMessage, label: string): void {
    const domain = isDefaultDomain(node.domain) ? "" : ` of the domain ${node.domain}`;
    this.#diagnostics.push({
      code: "onnx/unknown-operator",
      message: `node ${label}: the operator ${node.opType}${domain} is not supported`,
      file: this.#file,
      hint: didYouMean(node.opType ?? "", KNOWN_OPERATORS),
    });
    for (const name of node.output ?? []) this.#lost.add(name);
  }

  #output(info: ValueInfoMessage): Value | undefined {
    const name = info.name ?? "";
    if (this.#lost.has(name)) return undefined;
    return this.#attempt(`output ${name}`, [], () => {
      const value = this.value(name, "trainable");
      const declared = decodeValueInfo(info);
      if (declared !== undefined && !agrees(declared, value.type)) {
        refuse(`it is declared as ${formatType(declared)}, and computed as ${formatType(value.type)}`);
      }
      return value;
    });
  }

  #define(name: string, value: Value): void {
    if (this.#values.has(name) || this.#tensors.has(name)) refuse(`${name} is defined twice`);
    this.#values.set(name, value);
  }

  /** Runs `act`; what it refuses is noted, and the tensors that it should have defined are lost. */
  #attempt<T>(what: string, defines: readonly string[], act: () => T): T | undefined {
    try {
      return act();
    } catch (error) {
      if (!(error instanceof TypeRefusal || error instanceof InputError)) throw error;
      this.#diagnostics.push({
        code: "onnx/unsupported",
        message: `${what}: ${error.message}`,
        file: this.#file,
      });
      for (const name of defines) this.#lost.add(name);
      return undefined;
    }
  }
}

/** The lists of a message: protobufjs types them as possibly null. */
function messageLists(graph: GraphMessage) {
  const { initializer, input, node, output, sparseInitializer } = graph;
  return {
    initializer: initializer ?? [],
    input: input ?? [],
    node: node ?? [],
    output: output ?? [],
    sparseInitializer: sparseInitializer ?? [],
  };
}

import type { Graph, Op } from "../../ir/graph.js";
import type { DType } from "../../ir/types.js";
import type { StoredTensor } from "../../weights/formats/tensor-source.js";
import type { DocumentNode, ModelDocument } from "../file/document.js";
import { toInteger } from "../file/proto.js";
import { type DocumentTensor, isExternal } from "../file/tensors.js";
import { readNames } from "./captures.js";

/** The node that an op was read from. */
export interface SourceNode {
  readonly node: DocumentNode;
  /** For each of the op's operands the input of the node that it is; those that its subgraphs read have none. */
  readonly slots: readonly number[];
  /** The names of the op's operands in the file. */
  readonly operands: readonly string[];
  /** The names of the op's results in the file. */
  readonly results: readonly string[];
  /** Their element types in the file. */
  readonly dtypes: readonly DType[];
}

/** A tensor that a file holds, and how its numbers are read: undefined for elements that are no numbers here. */
export interface SourceTensor {
  readonly initializer: DocumentTensor;
  readonly stored: StoredTensor | undefined;
}

/** Where the ops and parameters of an imported graph come from, so that what stays the same is written as it was. */
export class ModelSource {
  readonly document: ModelDocument;
  /** The initializers by name, and those that are graph inputs with a default. */
  readonly tensors: ReadonlyMap<string, SourceTensor>;
  /** The nodes whose output is a constant, by its name. */
  readonly constants: ReadonlyMap<string, DocumentNode>;
  /** Names that nothing may take: those inside of subgraphs, and unused outputs. */
  readonly inner: ReadonlySet<string>;
  /** Names of tensors that subgraphs read from the graph around them. */
  readonly captured: ReadonlySet<string>;
  /** The element type and the sizes of a tensor that the file holds. */
  readonly typeOf: (name: string) => { readonly dtype: DType; readonly dims: readonly number[] } | undefined;
  readonly #byAttributes = new WeakMap<object, KnownNode>();
  readonly #results: ReadonlySet<string>;
  readonly #read: ReadonlySet<string>;
  readonly #byResult = new Map<string, KnownNode>();

  constructor(
    graph: Graph,
    nodes: readonly SourceNode[],
    {
      document,
      tensors,
      constants,
      inner,
      captured,
      typeOf,
    }: Omit<
      ModelSource,
      "nodeOf" | "hasResult" | "hasExternalData" | "isRead" | "isOverridable" | "tensorsAreInputs"
    >,
  ) {
    this.captured = captured;
    this.typeOf = typeOf;
    this.document = document;
    this.tensors = tensors;
    this.constants = constants;
    this.inner = inner;
    this.#read = readNames(document);
    this.#results = new Set(document.nodes.flatMap(({ message: { output } }) => output ?? []));
    graph.ops.forEach((op, i) => {
      const source = nodes[i];
      if (source === undefined) return;
      this.#byAttributes.set(op.attributes, { op, source });
      const [result] = source.results;
      if (result !== undefined) this.#byResult.set(result, { op, source });
    });
  }

  /** Whether tensors of the file lie in other files. */
  get hasExternalData(): boolean {
    return this.document.initializers.some(({ tensor }) => isExternal(tensor));
  }

  /** Whether a node, a subgraph or an output of the file reads a tensor of that name. */
  isRead(name: string): boolean {
    return this.#read.has(name);
  }

  /** Whether all tensors are declared as inputs too, as before IR version 4. */
  get tensorsAreInputs(): boolean {
    return toInteger(this.document.model.irVersion) < OVERRIDABLE_IR_VERSION;
  }

  /** Whether a caller may give another value for the tensor of that name. */
  isOverridable(name: string): boolean {
    return !this.tensorsAreInputs && this.document.inputs.some(({ message }) => message.name === name);
  }

  /** Whether a node of the file computes a tensor of that name. */
  hasResult(name: string): boolean {
    return this.#results.has(name);
  }

  /**
   * The node that an op of the graph was read from, if the op still does what the node says, though perhaps with
   * other operands; undefined for an op that a pass made.
   */
  nodeOf(op: Op): SourceNode | undefined {
    // An op that a pass hands on keeps its attributes as they are; one that went through text has equal ones.
    const same = this.#byAttributes.get(op.attributes);
    const known = same ?? this.#byResult.get(op.results[0]?.name ?? "");
    if (known === undefined || (same === undefined && !isSameOp(known.op, op))) return undefined;
    return this.#argumentsFit(known, op) ? known.source : undefined;
  }

  /**
   * Whether an op computes in the type that it had, or its node has no arguments of such numbers besides its operands:
   * bounds, say, which are in the type of the file. A node that has some is written anew, in its operator's types.
   */
  #argumentsFit({ op: was, source: { node, operands } }: KnownNode, op: Op): boolean {
    if (was.results[0]?.type.dtype === op.results[0]?.type.dtype) return true;
    const own = new Set(operands);
    const others = (node.message.input ?? []).filter((name) => name !== "" && !own.has(name));
    return others.every((name) => !isFloatType(this.typeOf(name)?.dtype));
  }
}

/** An op as it was read, and its node. */
interface KnownNode {
  readonly op: Op;
  readonly source: SourceNode;
}

function isFloatType(dtype: DType | undefined): boolean {
  return dtype === "float32" || dtype === "float16";
}

/** As of this version only those tensors are inputs too that a caller may give another value for. */
export const OVERRIDABLE_IR_VERSION = 4;

function isSameOp(a: Op, b: Op): boolean {
  return (
    a.kind === b.kind &&
    a.operands.length === b.operands.length &&
    JSON.stringify(a.attributes) === JSON.stringify(b.attributes)
  );
}

/** For each operand the input of the node that it is: the first of its name that no operand before it is. */
export function slotsOf(operands: readonly string[], inputs: readonly string[]): readonly number[] {
  const indexes = new Map<string, number[]>();
  inputs.forEach((name, i) => {
    const known = indexes.get(name);
    if (known === undefined) indexes.set(name, [i]);
    else known.push(i);
  });
  for (const each of indexes.values()) each.reverse();
  return operands.map((name) => indexes.get(name)?.pop() ?? -1);
}

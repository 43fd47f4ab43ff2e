import type { Graph, Value } from "../../ir/graph.js";
import type { Dim, TensorType } from "../../ir/types.js";
import type { ModelSource } from "../decode/source.js";
import { bytes, copied, type FileSegment, message } from "../encode/layout.js";
import type { DocumentValue } from "../file/document.js";
import { ELEMENT_NUMBERS } from "../file/element-types.js";
import { FIELD, type ValueInfoMessage, ValueInfoProto } from "../file/proto.js";
import { agrees, declaredType, encodeValueInfo } from "../file/value-info.js";
import type { RewrittenNames } from "./names.js";
import type { RewrittenTensors } from "./tensors.js";

/** The types that a rewritten model declares: of its inputs and outputs, and of other values where the file does so. */
export class RewrittenDeclarations {
  readonly #graph: Graph;
  readonly #source: ModelSource;
  readonly #names: RewrittenNames;
  readonly #tensors: RewrittenTensors;
  readonly #sizes: Readonly<Record<string, number>>;
  /** Whether values are declared that are neither inputs nor outputs. */
  readonly #declaresNew: boolean;
  readonly #values: ReadonlyMap<string, Value>;

  constructor(
    graph: Graph,
    source: ModelSource,
    names: RewrittenNames,
    tensors: RewrittenTensors,
    sizes: Readonly<Record<string, number>>,
    declaresNew: boolean,
  ) {
    this.#declaresNew = declaresNew && source.document.values.length > 0;
    this.#graph = graph;
    this.#source = source;
    this.#names = names;
    this.#tensors = tensors;
    this.#sizes = sizes;
    const values = [...graph.inputs, ...graph.ops.flatMap(({ results }) => results)];
    this.#values = new Map(values.map((value) => [names.of(value), value]));
  }

  /** What replaces a declaration of the file; nothing for that of a value which is gone. */
  at(number: number, { field, message: info }: DocumentValue): readonly FileSegment[] {
    const name = info.name ?? "";
    const whole = [copied(this.#source.document.range, field.begin, field.end)];
    const value = this.#values.get(name);
    if (value === undefined) {
      if (this.#source.typeOf(name) === undefined) return number === FIELD.graphValueInfo ? [] : whole;
      const made = number === FIELD.graphInput ? this.#tensors.declared(name) : undefined;
      return made ?? (this.#tensors.keeps(name) ? whole : []);
    }
    // A result that the graph does not give any more; the file's node that makes it may stay.
    if (number === FIELD.graphOutput && value.kind === "result" && !this.#graph.outputs.includes(value))
      return [];
    if (number === FIELD.graphValueInfo && namesOtherType(info, value)) return [];
    const declared = declaredType(info);
    const type = this.#newType(declared, value.type);
    return type === undefined ? whole : declaration(number, name, type);
  }

  /** The declaration of a tensor of the file that was a Constant node's, where all tensors are inputs too. */
  lifted(name: string): readonly FileSegment[] {
    const type = this.#source.typeOf(name);
    return type !== undefined && this.#source.tensorsAreInputs
      ? declaration(FIELD.graphInput, name, type)
      : [];
  }

  /** Declarations of what is new. */
  get added(): readonly FileSegment[] {
    const { document } = this.#source;
    const known = new Set([...document.values, ...document.outputs].map(({ message: { name } }) => name));
    const isNew = (name: string): boolean => !known.has(name) && !this.#source.hasResult(name);
    const values = [...this.#values].flatMap(([name, { kind, type }]): readonly FileSegment[] => {
      const isDeclared = this.#declaresNew && kind === "result" && isNew(name);
      return isDeclared && type.dtype !== "other" ? declaration(FIELD.graphValueInfo, name, type) : [];
    });
    const outputs = this.#graph.outputs.flatMap((output): readonly FileSegment[] => {
      const name = this.#names.of(output);
      return document.outputs.some((each) => each.message.name === name)
        ? []
        : declaration(FIELD.graphOutput, name, output.type);
    });
    const inputs = this.#source.tensorsAreInputs
      ? this.#tensors.added.flatMap(({ name }) => this.#tensors.declared(name) ?? [])
      : [];
    return [...values, ...outputs, ...inputs];
  }

  /** The type that is to be declared instead of that of the file; undefined where it stays. */
  #newType(declared: TensorType, computed: TensorType): TensorType | undefined {
    if (declared.dtype === "other" || computed.dtype === "other") return undefined;
    const { dtype } = computed;
    if (!agrees({ dims: declared.dims, dtype }, computed)) return computed;
    const dims = declared.dims.map((dim, i) => this.#sized(dim, computed.dims[i]));
    const isSame = dtype === declared.dtype && dims.every((dim, i) => dim === declared.dims[i]);
    return isSame ? undefined : { dtype, dims };
  }

  #sized(declared: Dim, computed: Dim | undefined): Dim {
    if (typeof declared === "number") return declared;
    const size = this.#sizes[declared];
    return size ?? (typeof computed === "string" ? this.#sizes[computed] : undefined) ?? declared;
  }
}

/** Whether a declaration without a shape names another element type than a value has by now, and so nothing that is true. */
function namesOtherType({ type }: ValueInfoMessage, { type: { dtype } }: Value): boolean {
  const { elemType, shape } = type?.tensorType ?? {};
  const isNamed = typeof elemType === "number" && elemType !== 0 && (shape === undefined || shape === null);
  return isNamed && dtype !== "other" && elemType !== ELEMENT_NUMBERS[dtype];
}

function declaration(number: number, name: string, type: TensorType): readonly FileSegment[] {
  return message(number, [bytes(ValueInfoProto.encode(encodeValueInfo(name, type)).finish())]);
}

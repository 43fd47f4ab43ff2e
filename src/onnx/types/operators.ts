import { drawsNumbers } from "../../ir/ops/opaque.js";
import {
  type Dim,
  elementCount,
  isUnknownType,
  MOST_VALUES,
  type TensorType,
  TypeRefusal,
  tensorType,
  UNKNOWN_TYPE,
} from "../../ir/types.js";
import { isDefaultDomain, operatorKey } from "../file/opset.js";
import { type GraphMessage, type ModelMessage, type NodeMessage, toInteger } from "../file/proto.js";
import { declaredType } from "../file/value-info.js";
import { BODIES } from "./bodies.js";
import { ELEMENTWISE } from "./elementwise.js";
import { boundTo, type OwnFunction } from "./functions.js";
import { GENERATED } from "./generated.js";
import { areNumbers, type Inferred } from "./inferred.js";
import { PRODUCTS } from "./products.js";
import { REDUCTIONS } from "./reductions.js";
import { RESIZES } from "./resizes.js";
import type { TypeRule, TypeRules } from "./rule.js";
import { RuleNode, type TypeScope } from "./rule-node.js";
import { RUNTIME } from "./runtime.js";
import { SELECTIONS } from "./selections.js";
import { SHAPES } from "./shapes.js";
import { smallTensorNumbers } from "./small-tensor.js";
import { WINDOWS } from "./windows.js";

/** The rules for ONNX's own operators, by name. */
export const STANDARD_RULES: ReadonlyMap<string, TypeRule> = new Map(
  [BODIES, ELEMENTWISE, GENERATED, PRODUCTS, REDUCTIONS, RESIZES, SELECTIONS, SHAPES, WINDOWS].flatMap(
    (rules) => Object.entries(rules),
  ),
);

const RUNTIME_RULES: TypeRules = RUNTIME;

/** No real file has deeper bodies and functions; a function that calls itself has no end. */
const DEEPEST = 32;

/** Told of a node of a body, what is known where it stands, and of its opset. */
export type OnNode = (node: NodeMessage, scope: TypeScope, opset: number) => void;

/** Nodes in bodies in bodies, each with the rounds that its types need: more are of no network. */
const MOST_NODES = 200_000;

type Types = readonly (Inferred | undefined)[];

/** The operators of a model: those of ONNX, of ONNX Runtime, and the model's own functions. */
export class Operators {
  readonly #opset: number;
  readonly #functions: ReadonlyMap<string, OwnFunction>;
  #depth = 0;
  #wasTooDeep = false;
  #left = MOST_NODES;

  constructor({ opsetImport }: ModelMessage, functions: ReadonlyMap<string, OwnFunction>) {
    this.#opset = opsetOf(opsetImport) ?? 0;
    this.#functions = functions;
  }

  /** Whether bodies and functions had more nodes, or deeper ones, than are looked at, so that what was said of them is not all. */
  get isExhausted(): boolean {
    return this.#left <= 0 || this.#wasTooDeep;
  }

  /** What a node's operator says of the types of its results; nothing for an unknown operator. */
  typesOf(node: NodeMessage, scope: TypeScope, opset = this.#opset, onNode?: OnNode): Types {
    const own = this.#functions.get(operatorKey(node.opType, node.domain));
    if (this.#depth >= DEEPEST) {
      this.#wasTooDeep = true;
      return [];
    }
    this.#depth++;
    try {
      return own === undefined
        ? this.#byRule(node, scope, opset)
        : this.#ofFunction(node, own, scope, opset, onNode);
    } catch (error) {
      // Operands that don't fit one another: the node says nothing, and the file may be wrong elsewhere.
      // So do attributes that no tensor of that rank can have.
      if (!(error instanceof TypeRefusal || error instanceof RangeError)) throw error;
      return [];
    } finally {
      this.#depth--;
    }
  }

  /** The nodes of the function that a node calls; undefined for a node of another operator. */
  functionOf(node: NodeMessage): OwnFunction | undefined {
    return this.#functions.get(operatorKey(node.opType, node.domain));
  }

  #byRule(node: NodeMessage, scope: TypeScope, opset: number): Types {
    const operator = node.opType ?? "";
    const rule = isDefaultDomain(node.domain)
      ? (STANDARD_RULES.get(operator) ?? RUNTIME_RULES[operator])
      : node.domain === "com.microsoft"
        ? RUNTIME_RULES[operator]
        : undefined;
    const bodyTypes = (body: GraphMessage, inputs: Types): Types => this.ofBody(body, inputs, scope, opset);
    return rule?.(new RuleNode(node, opset, scope, bodyTypes)) ?? [];
  }

  #ofFunction(
    call: NodeMessage,
    own: OwnFunction,
    scope: TypeScope,
    opset: number,
    onNode: OnNode | undefined,
  ): Types {
    const known = new Known();
    const { input, output, opsetImport } = own.message;
    (input ?? []).forEach((name, i) => {
      const given = call.input?.[i] ?? "";
      if (given === "") known.set(name, undefined);
      else known.set(name, scope.typeOf(given), scope.numbersOf(given), scope.isConstant(given));
    });
    this.#run(boundTo(call, own), known, new Map(), opsetOf(opsetImport) ?? opset, onNode);
    return (output ?? []).map((name) => known.typeOf(name));
  }

  /** The types of a body's outputs. `onNode` is told of each of its nodes, and of what is known where it stands. */
  ofBody(body: GraphMessage, inputs: Types, outer: TypeScope, opset = this.#opset, onNode?: OnNode): Types {
    const known = new Known(outer);
    const declared = new Map(
      [...(body.valueInfo ?? []), ...(body.output ?? [])].map((info) => [
        info.name ?? "",
        declaredType(info),
      ]),
    );
    (body.input ?? []).forEach((info, i) => {
      known.set(info.name ?? "", settledType(info.name ?? "", inputs[i], declaredType(info)));
    });
    for (const tensor of body.initializer ?? []) {
      const { type, numbers } = smallTensorNumbers(tensor);
      known.set(tensor.name ?? "", type, numbers, true);
    }
    this.#run(body.node ?? [], known, declared, opset, onNode);
    return (body.output ?? []).map(({ name }) => known.typeOf(name ?? ""));
  }

  #run(
    nodes: readonly NodeMessage[],
    known: Known,
    declared: ReadonlyMap<string, TensorType>,
    opset: number,
    onNode: OnNode | undefined,
  ): void {
    for (const node of nodes) {
      if (this.#left-- <= 0) return;
      const value = node.opType === "Constant" ? node.attribute?.[0]?.t : undefined;
      const types = this.typesOf(node, known, opset);
      const follows = followsFrom(node, node.input ?? [], known);
      (node.output ?? []).forEach((name, i) => {
        if (name === "") return;
        const numbers = value ? smallTensorNumbers(value).numbers : undefined;
        known.set(name, settledType(name, types[i], declared.get(name) ?? UNKNOWN_TYPE), numbers, follows);
      });
      onNode?.(node, known, opset);
    }
  }
}

/** Whether what a node computes of some tensors follows from the file alone. */
export function followsFrom({ opType }: NodeMessage, names: readonly string[], scope: TypeScope): boolean {
  return !drawsNumbers(opType ?? "") && names.every((name) => name === "" || scope.isConstant(name));
}

function opsetOf(imports: ModelMessage["opsetImport"]): number | undefined {
  const own = imports?.find(({ domain }) => isDefaultDomain(domain));
  return own && toInteger(own.version);
}

/** The tensors of a body, and those around it. */
class Known implements TypeScope {
  readonly #types = new Map<string, TensorType | undefined>();
  readonly #numbers = new Map<string, readonly number[] | undefined>();
  readonly #constant = new Set<string>();
  readonly #outer: TypeScope | undefined;

  constructor(outer?: TypeScope) {
    this.#outer = outer;
  }

  set(name: string, type: TensorType | undefined, numbers?: readonly number[], isConstant = false): void {
    if (isConstant) this.#constant.add(name);
    this.#types.set(name, type);
    this.#numbers.set(name, numbers);
  }

  typeOf(name: string): TensorType | undefined {
    const type = this.#types.has(name) ? this.#types.get(name) : this.#outer?.typeOf(name);
    return type === undefined || isUnknownType(type) ? undefined : type;
  }

  isConstant(name: string): boolean {
    return this.#types.has(name) ? this.#constant.has(name) : this.#outer?.isConstant(name) === true;
  }

  numbersOf(name: string): readonly number[] | undefined {
    return this.#types.has(name) ? this.#numbers.get(name) : this.#outer?.numbersOf(name);
  }
}

/**
 * The type of a result, from what its operator says and what the file declares. Where the operator leaves a size open, the
 * declaration may say it; where both say different numbers, the declaration is taken, and else the operator. A size
 * that neither says gets a name of its own.
 */
export function settledType(name: string, inferred: Inferred | undefined, declared: TensorType): TensorType {
  const isDeclared = !isUnknownType(declared);
  if (inferred?.dims === undefined) return isDeclared ? declared : UNKNOWN_TYPE;
  const dtype = inferred.dtype === "other" ? declared.dtype : inferred.dtype;
  if (dtype === "other") return UNKNOWN_TYPE;
  const fits = isDeclared && declared.dims.length === inferred.dims.length;
  if (isDeclared && !fits) return declared;
  const dims = inferred.dims.map((said, axis): Dim => {
    const other = fits ? declared.dims[axis] : undefined;
    const dim = typeof said === "number" && !(Number.isSafeInteger(said) && said >= 0) ? undefined : said;
    if (typeof dim === "number" && typeof other === "number") return other;
    return dim ?? other ?? `${name}_${axis}`;
  });
  const { values } = inferred;
  const count = areNumbers(dims) ? elementCount(dims) : Number.POSITIVE_INFINITY;
  const areWhole =
    values?.every((value) => typeof value === "string" || Number.isSafeInteger(value)) === true;
  return tensorType(
    dims,
    dtype,
    areWhole && values.length === count && count <= MOST_VALUES ? values : undefined,
  );
}

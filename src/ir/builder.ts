import { Defect, InputError } from "../base/diagnostic.js";
import { parseJsonPath } from "../base/json-path.js";
import type { ConstantStart } from "./attention/identity.js";
import { startingAt } from "./attention/identity-parameters.js";
import type { AttentionSite, PlannedParameter } from "./attention/module.js";
import { type AttentionOptions, moduleOf, type SelectionOptions } from "./attention/modules.js";
import {
  type Block,
  type Graph,
  type GraphInput,
  type Loc,
  type Op,
  type Parameter,
  type ParameterRole,
  parametersOf,
  type Result,
  type SharedPlace,
  sharedPlace,
  type Value,
} from "./graph.js";
import type { Initializer } from "./initializers.js";
import { inferTypes } from "./op.js";
import { formatOperands, takesOperands } from "./operands.js";
import { type AttributesInput, definitionOf, type OpName } from "./ops/registry.js";
import {
  type DType,
  isIntegerType,
  refuse,
  sameDims,
  type TensorType,
  TypeRefusal,
  tensorType,
} from "./types.js";
import { smallValues, type WeightExpr } from "./weight.js";

/**
 * Builds a graph op by op. Every op's type is inferred as it is added, so a wrong shape fails in the block
 * or pass that made it, with its place in the spec.
 */
export class GraphBuilder {
  readonly #name: string;
  readonly #blocks: Block[] = [];
  /** Those of the blocks whose applications share parameters. */
  readonly #sharing: Block[] = [];
  readonly #inputs: GraphInput[] = [];
  readonly #ops: Op[] = [];
  readonly #names = new Set<string>();
  readonly #producers = new Map<Value, Op>();
  /** The parameters that several applications of the same layers have in common, by name. */
  readonly #shared = new Map<string, Parameter>();

  constructor(name: string) {
    this.#name = name;
  }

  /** A builder that has begun as a graph does: with its name, blocks and inputs, and with the names of all its values taken. */
  static like(graph: Graph): GraphBuilder {
    const builder = new GraphBuilder(graph.name);
    for (const block of graph.blocks) builder.block(block);
    for (const input of graph.inputs) builder.addInput(input);
    builder.reserve(parametersOf(graph).map(({ name }) => name));
    builder.reserve(graph.ops.flatMap(({ results }) => results.map(({ name }) => name)));
    return builder;
  }

  block(block: Block): void {
    const frozen = Object.freeze({ ...block });
    this.#blocks.push(frozen);
    if (frozen.shared !== undefined) this.#sharing.push(frozen);
  }

  input(name: string, type: TensorType): GraphInput {
    return this.addInput(Object.freeze({ kind: "input" as const, name, type }));
  }

  /** Adds an input as it is. */
  addInput(input: GraphInput): GraphInput {
    this.#names.add(input.name);
    this.#inputs.push(input);
    return input;
  }

  /** A parameter whose random stream carries its name, so that its numbers depend on nothing else. */
  parameter(
    name: string,
    dims: readonly number[],
    init: Initializer,
    role: ParameterRole = "trainable",
    dtype: DType = "float32",
  ): Parameter {
    return this.parameterOf(name, init(dims, name), role, dtype);
  }

  /**
   * A parameter of what stands at a scope, named after that and the path below it. Applications that share it get the one that the
   * first of them made. `norm`: the batch normalisation that the path begins with, of which an application may have its own.
   */
  parameterAt(
    scope: string,
    { norm, path }: { readonly norm?: string | undefined; readonly path: string },
    dims: readonly number[],
    init: Initializer,
    role?: ParameterRole,
    dtype?: DType,
  ): Parameter {
    const shared = this.sharedAt(scope);
    const own = shared?.ownNorms === true ? [norm, shared.application] : [norm];
    const parts = [(shared?.scope ?? scope).slice(1), ...(norm === undefined ? [] : own), path];
    const name = parts.join("/").replaceAll("/", ".");
    if (shared === undefined) return this.parameter(name, dims, init, role, dtype);
    const made = this.#shared.get(name) ?? this.parameter(name, dims, init, role, dtype);
    this.#shared.set(name, made);
    if (sameDims(made.data.dims, dims)) return made;
    return refuse(`its ${path} is [${dims}] here and [${made.data.dims}] elsewhere, and can't be shared`);
  }

  /** Where a scope is among applications that share parameters. */
  sharedAt(scope: string): SharedPlace | undefined {
    return sharedPlace(this.#sharing, scope);
  }

  /** A parameter of given data. */
  parameterOf(name: string, data: WeightExpr, role: ParameterRole, dtype: DType = "float32"): Parameter {
    return makeParameter(this.#unique(name), data, role, dtype);
  }

  /** Adds an op with one result and gives that result; `name` is made unique. */
  op<N extends OpName>(
    kind: N,
    operands: readonly Value[],
    attributes: AttributesInput<N>,
    loc: Loc,
    name: string = loc.scope.slice(1),
  ): Result {
    const definition = definitionOf(kind);
    return located(loc, () => {
      const complete = definition.attributes.safeParse(attributes);
      if (!complete.success) {
        const [issue] = complete.error.issues;
        throw new TypeRefusal(`${kind}: attribute ${issue?.path.join(".")}: ${issue?.message}`);
      }
      if (!takesOperands(definition.operands, operands.length)) {
        throw new TypeRefusal(
          `${kind} takes the operands ${formatOperands(definition.operands)}, got ${operands.length}`,
        );
      }
      const types = inferTypes(
        definition,
        operands.map((operand) => operand.type),
        complete.data,
      );
      const results = types.map((type) =>
        Object.freeze({ kind: "result" as const, name: this.#unique(name), type }),
      );
      const [first] = results;
      if (first === undefined) throw new Defect(`${kind} has no result`);
      this.add({ kind, operands, attributes: complete.data, results, loc } as unknown as Op);
      return first;
    });
  }

  /**
   * Adds attention of the given options over x, with its parameters, which have the element type of x unless another is given.
   *
   * @param start the numbers that they start with; left out, the usual ones
   */
  attention(
    x: Value,
    options: AttentionOptions | SelectionOptions,
    site: AttentionSite,
    loc: Loc,
    dtype: DType = x.type.dtype,
    start?: ConstantStart,
  ): Result {
    const { type, ...rest } = options;
    const module = moduleOf(type);
    return located(loc, () => {
      const plan = module.plan(rest, site);
      const planned = start === undefined ? plan.parameters : startingAt(plan.parameters, start);
      const parameters = planned.map(({ name, dims, init, role }) =>
        this.parameterAt(loc.scope, pathOf(name, plan.parameters), dims, init, role, dtype),
      );
      return this.op(`attention.${type}`, [x, ...parameters], plan.attributes as never, loc);
    });
  }

  /** Adds an op as it is. Its operands must be values of this graph and its result names free. */
  add(op: Op): void {
    const frozen = Object.isFrozen(op) ? op : freezeOp(op);
    for (const result of op.results) {
      this.#names.add(result.name);
      this.#producers.set(result, frozen);
    }
    this.#ops.push(frozen);
  }

  /** The op that computes a value of this graph; undefined for inputs and parameters. */
  producerOf(value: Value): Op | undefined {
    return this.#producers.get(value);
  }

  /** A name like the given one that no value of the graph has yet; it is reserved. */
  freeName(name: string): string {
    return this.#unique(name);
  }

  /** Reserves names that the graph being built will hold, so that new values avoid them. */
  reserve(names: Iterable<string>): void {
    for (const name of names) this.#names.add(name);
  }

  /** Frees names whose values are about to be replaced, so that the replacement can take them over. */
  release(names: Iterable<string>): void {
    for (const name of names) this.#names.delete(name);
  }

  finish(outputs: readonly Value[]): Graph {
    return freezeGraph({
      name: this.#name,
      blocks: this.#blocks,
      inputs: this.#inputs,
      ops: this.#ops,
      outputs,
    });
  }

  #unique(name: string): string {
    let free = name;
    for (let i = 1; this.#names.has(free); i++) free = `${name}_${i}`;
    this.#names.add(free);
    return free;
  }
}

/** The path of a gate's parameter; what stands beside running statistics belongs to a batch normalisation. */
function pathOf(
  name: string,
  planned: readonly PlannedParameter[],
): { readonly norm?: string; readonly path: string } {
  const cut = name.lastIndexOf(".");
  const layer = name.slice(0, Math.max(0, cut));
  const isNorm = planned.some((each) => each.name === `${layer}.${RUNNING_MEAN}`);
  return isNorm ? { norm: layer, path: name.slice(cut + 1) } : { path: name };
}

const RUNNING_MEAN = "running_mean";

export function makeParameter(
  name: string,
  data: WeightExpr,
  role: ParameterRole,
  dtype: DType = "float32",
): Parameter {
  const values = isIntegerType(dtype) ? smallValues(data) : undefined;
  const type = tensorType(data.dims, dtype, values);
  return Object.freeze({ kind: "parameter" as const, name, type, role, data });
}

export function freezeOp(op: Op): Op {
  for (const attribute of Object.values(op.attributes)) Object.freeze(attribute);
  return Object.freeze({
    ...op,
    operands: Object.freeze([...op.operands]),
    attributes: Object.freeze(op.attributes),
    results: Object.freeze([...op.results]),
    loc: Object.freeze(op.loc),
  }) as Op;
}

export function freezeGraph(graph: Graph): Graph {
  return Object.freeze({
    name: graph.name,
    blocks: Object.freeze([...graph.blocks]),
    inputs: Object.freeze([...graph.inputs]),
    ops: Object.freeze([...graph.ops]),
    outputs: Object.freeze([...graph.outputs]),
  });
}

/** What `make` gives; what it refuses is said with its place in the spec. */
export function located<T>(loc: Loc, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof TypeRefusal)) throw error;
    const where = loc.pass === undefined ? loc.scope : `${loc.scope} (made by ${loc.pass})`;
    throw InputError.of("ir/type", `${where}: ${error.message}`, {
      path: loc.specPath === undefined ? undefined : parseJsonPath(loc.specPath),
    });
  }
}

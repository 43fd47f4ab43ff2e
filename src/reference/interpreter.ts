import { Defect, InputError } from "../base/diagnostic.js";
import type { Graph, Op, OpOf, Parameter, Value } from "../ir/graph.js";
import { evaluateOp } from "../ir/op.js";
import { definitionOf } from "../ir/ops/registry.js";
import { spareMemory } from "../ir/spare-memory.js";
import type { Tensor } from "../ir/tensor.js";
import { type DType, elementCount, refuse, sameDims, TypeRefusal } from "../ir/types.js";
import { type Arithmetic, heldIn } from "./arithmetic.js";
import { castTo, roundedToEven } from "./operators/elementwise.js";
import { OperatorNode, type Rounding } from "./operators/node.js";
import { evaluatorOf } from "./operators/registry.js";

/** The numbers of a parameter, float64. */
export type ParameterSource = (parameter: Parameter) => Tensor;

/** The values of a run by the graph's values. */
export type Trace = ReadonlyMap<Value, Tensor>;

/**
 * Evaluates a graph in float64, each op by its own definition (`evaluate` in its file), model-level ops by
 * the equations of their papers: a wrong lowering or export can't hide, because none is used here. Where the graph
 * says float16, results are rounded to it, infinite beyond its range; sums inside of an op are not. Integers are
 * exact up to 2^53.
 * `inputs` are by the graph's input names, the result by its output names. Values are dropped after their
 * last use, and their memory is used again. `onOp` is told before each op which one of how many it is, and may look at operands until it
 * returns; what it throws ends the evaluation. Another
 * `arithmetic` than float64 shows what its rounding does.
 */
export function evaluateGraph(
  graph: Graph,
  inputs: ReadonlyMap<string, Tensor>,
  parameters: ParameterSource,
  onOp?: (index: number, of: number, tensorOf: (value: Value) => Tensor) => void,
  arithmetic: Arithmetic = "float64",
  roundingOf?: RoundingOf,
): ReadonlyMap<string, Tensor> {
  const evaluate = (): ReadonlyMap<string, Tensor> => {
    const values = new LiveValues();
    for (const [value, tensor] of bindInputs(graph, inputs))
      values.setGiven(value, heldIn(arithmetic, tensor, value.type.dtype));
    const held = (parameter: Parameter): Tensor => {
      const tensor = heldIn(arithmetic, parameters(parameter), parameter.type.dtype);
      values.keep(tensor);
      return tensor;
    };
    const lastUse = lastUses(graph);
    graph.ops.forEach((op, i) => {
      const tensorOf = (value: Value): Tensor => lookUp(values.tensors, value, held);
      onOp?.(i, graph.ops.length, tensorOf);
      for (const [result, tensor] of resultsOf(op, tensorOf, roundingOf)) {
        values.set(result, heldIn(arithmetic, tensor, result.type.dtype));
      }
      for (const operand of op.operands) if (lastUse.get(operand) === i) values.drop(operand);
    });
    return outputsOf(graph, values.tensors, parameters);
  };
  // What rounds may keep the numbers that it is given.
  return roundingOf === undefined ? spareMemory.during(evaluate) : evaluate();
}

/** The values of a run that are still needed. The memory of others is used again, unless a live value or the caller has it too. */
class LiveValues {
  readonly tensors = new Map<Value, Tensor>();
  /** How many live values have the memory of each. */
  readonly #users = new Map<unknown, number>();
  /** Memory that is not the run's own. */
  readonly #kept = new WeakSet<object>();

  set(value: Value, tensor: Tensor): void {
    this.tensors.set(value, tensor);
    const memory = memoryOf(tensor);
    this.#users.set(memory, (this.#users.get(memory) ?? 0) + 1);
  }

  setGiven(value: Value, tensor: Tensor): void {
    this.keep(tensor);
    this.set(value, tensor);
  }

  /** Leaves the memory of a tensor alone from now on. */
  keep(tensor: Tensor): void {
    this.#kept.add(memoryOf(tensor));
  }

  drop(value: Value): void {
    const tensor = this.tensors.get(value);
    if (tensor === undefined) return;
    this.tensors.delete(value);
    const memory = memoryOf(tensor);
    const others = (this.#users.get(memory) ?? 1) - 1;
    this.#users.set(memory, others);
    if (others > 0) return;
    this.#users.delete(memory);
    if (!this.#kept.has(memory)) spareMemory.giveBack(tensor.data);
  }
}

/** What tells whether two tensors share their numbers. */
function memoryOf({ data }: Tensor): object {
  return data instanceof Float64Array || data instanceof Float32Array ? data.buffer : data;
}

/** Evaluates a graph and keeps every value. */
export function traceGraph(
  graph: Graph,
  inputs: ReadonlyMap<string, Tensor>,
  parameters: ParameterSource,
): Trace {
  const values = bindInputs(graph, inputs);
  for (const op of graph.ops) {
    const results = resultsOf(op, (operand) => lookUp(values, operand, parameters));
    for (const [result, tensor] of results) values.set(result, tensor);
  }
  return values;
}

/**
 * The outputs that the graph of `trace` would have had if `omitted` had handed on its first operand as it is, or what
 * `bypass` makes of it: a gate left out, a residual branch's drop. Only what depends on it is evaluated again.
 */
export function evaluateWithout(
  graph: Graph,
  trace: Trace,
  omitted: Op,
  parameters: ParameterSource,
  bypass: (x: Tensor) => Tensor = (x) => x,
): ReadonlyMap<string, Tensor> {
  return spareMemory.during(() => {
    const changed = new LiveValues();
    const current = (value: Value): Tensor => {
      const known = changed.tensors.get(value);
      if (known !== undefined) return known;
      const tensor = lookUp(trace, value, parameters);
      changed.keep(tensor);
      return tensor;
    };
    const lastUse = lastUses(graph);
    graph.ops.forEach((op, i) => {
      if (op === omitted) {
        const [x] = op.operands;
        const [result] = op.results;
        if (x !== undefined && result !== undefined) changed.set(result, bypass(current(x)));
      } else if (op.operands.some((operand) => changed.tensors.has(operand))) {
        for (const [result, tensor] of resultsOf(op, current)) changed.set(result, tensor);
        for (const operand of op.operands) if (lastUse.get(operand) === i) changed.drop(operand);
      }
    });
    return new Map(graph.outputs.map((output) => [output.name, current(output)]));
  });
}

/** The results of an op and what it computes. Errors: `InputError` for an op that can't be evaluated with these operands. */
function resultsOf(
  op: Op,
  tensorOf: (value: Value) => Tensor,
  roundingOf: RoundingOf = () => toEven,
): readonly (readonly [Value, Tensor])[] {
  const operands = op.operands.map(tensorOf);
  try {
    const tensors =
      op.kind === "opaque"
        ? opaqueResults(op, operands, roundingOf(op))
        : [evaluateOp(definitionOf(op.kind), operands, op.attributes)];
    return op.results.map((result, i) => {
      const tensor = tensors[i];
      if (tensor?.data.length !== elementCount(tensor?.dims ?? []) || tensor === undefined) {
        throw new Defect(`${op.kind} at ${op.loc.scope} evaluates to another size than its type has`);
      }
      return [result, rounded(tensor, result.type.dtype)];
    });
  } catch (error) {
    if (!(error instanceof TypeRefusal)) throw error;
    const where = `node ${op.loc.scope} (${op.kind === "opaque" ? op.attributes.operator : op.kind})`;
    throw InputError.of("verify/no-reference", `${where} can't be evaluated: ${error.message}`);
  }
}

/** Refuses (`refuse`) a node whose operator, or form of it, has no definition. */
function opaqueResults(
  op: OpOf<"opaque">,
  operands: readonly Tensor[],
  rounding: Rounding,
): readonly Tensor[] {
  const evaluate = evaluatorOf(op) ?? refuse("no definition of it is known");
  const node = new OperatorNode(op, operands, rounding);
  const tensors = evaluate(node);
  return node.slots.map((slot) => tensors[slot] ?? refuse(`its output ${slot} is not supported`));
}

/** How an op that makes whole steps of numbers rounds them in a run. */
export type RoundingOf = (op: OpOf<"opaque">) => Rounding;

const toEven: Rounding = (unrounded) => unrounded.map(roundedToEven);

/** What the element type holds of a result: an integer is what is left of a quotient or a mean. */
function rounded(tensor: Tensor, dtype: DType): Tensor {
  return ROUNDED.has(dtype) ? { dims: tensor.dims, data: tensor.data.map(castTo(dtype)) } : tensor;
}

/** Types whose numbers are not all of those that are computed: steps, or a range beyond which whole numbers wrap around. */
const ROUNDED: ReadonlySet<DType> = new Set<DType>([
  "float16",
  "int8",
  "uint8",
  "int16",
  "uint16",
  "int32",
  "uint32",
  "int64",
]);

function bindInputs(graph: Graph, inputs: ReadonlyMap<string, Tensor>): Map<Value, Tensor> {
  const symbols = new Map<string, number>();
  return new Map(
    graph.inputs.map((input) => {
      const tensor = inputs.get(input.name);
      if (tensor === undefined) throw new Defect(`no tensor for the input ${input.name}`);
      const dims = input.type.dims.map((dim, i) => {
        if (typeof dim === "number") return dim;
        const size = symbols.get(dim) ?? tensor.dims[i] ?? 0;
        symbols.set(dim, size);
        return size;
      });
      if (!sameDims(dims, tensor.dims)) {
        throw new Defect(`the input ${input.name} is [${dims.join(", ")}], got [${tensor.dims.join(", ")}]`);
      }
      return [input, tensor];
    }),
  );
}

function lookUp(values: Trace, value: Value, parameters: ParameterSource): Tensor {
  const tensor = value.kind === "parameter" ? parameters(value) : values.get(value);
  if (tensor === undefined) throw new Defect(`${value.name} has no value yet`);
  return tensor;
}

function lastUses(graph: Graph): ReadonlyMap<Value, number> {
  const last = new Map<Value, number>();
  graph.ops.forEach((op, i) => {
    for (const operand of op.operands) last.set(operand, i);
  });
  for (const output of graph.outputs) last.set(output, graph.ops.length);
  return last;
}

function outputsOf(graph: Graph, values: Trace, parameters: ParameterSource): ReadonlyMap<string, Tensor> {
  return new Map(graph.outputs.map((output) => [output.name, lookUp(values, output, parameters)]));
}

import { freezeGraph, freezeOp, makeParameter } from "../../../ir/builder.js";
import type { Graph, Op, OpOf, Parameter, Result, Value } from "../../../ir/graph.js";
import { inferTypes } from "../../../ir/op.js";
import {
  type AttributesInput,
  type AttributesOf,
  definitionOf,
  type OpName,
} from "../../../ir/ops/registry.js";
import { isOp } from "../../../ir/rewrite.js";
import {
  elementCount,
  refuse,
  sameDims,
  type TensorType,
  tensorType,
  unlessRefused,
} from "../../../ir/types.js";
import { binaryWeight, reshapeWeight } from "../../../ir/weight.js";
import { WrittenNode } from "../../../ir/written-node.js";
import { NewNames } from "../names.js";
import { isQuantization } from "../normal/quantizations.js";
import { type StepsOperator, stepsOperator } from "./operators.js";

/** A graph whose operators on whole steps are taken apart, and the way back. */
export interface StepsApart {
  readonly graph: Graph;
  /** Some of its ops, with the operators that they are parts of: those of which all parts are there. */
  joined(ops: readonly Op[]): readonly Op[];
  /** The operator of the graph that an op is a part of, or the op itself. */
  wholeOf(op: Op): Op;
}

/**
 * A graph in which an operator on whole steps is what it stands for:
 *
 *     QLinearMul(a, b)  →  QuantizeLinear(mul(DequantizeLinear(a), DequantizeLinear(b)))
 *
 * The same goes for what moves steps and leaves them as they are, such as a Reshape. The results keep their names; all other ops
 * are the same objects in both.
 */
export function stepsApart(graph: Graph): StepsApart {
  const hasAny = graph.ops.some((op) => isOp(op, "opaque") && operatorOf(op) !== undefined);
  if (!hasAny) return { graph, joined: (ops) => ops, wholeOf: (op) => op };
  const takingApart = new TakingApart(graph);
  const wholes = new Map<Op, Op>();
  const parts = new Map<Op, readonly Op[]>();
  const ops = graph.ops.flatMap((op) => {
    const own = takingApart.partsOf(op);
    if (own === undefined) return [op];
    parts.set(op, own);
    for (const part of own) wholes.set(part, op);
    return own;
  });
  return {
    graph: freezeGraph({ ...graph, ops }),
    joined(some) {
      const left = new Set(some);
      const isWhole = (op: Op): boolean => parts.get(op)?.every((part) => left.has(part)) === true;
      return some.flatMap((op) => {
        const whole = wholes.get(op);
        if (whole === undefined || !isWhole(whole)) return [op];
        return parts.get(whole)?.at(-1) === op ? [whole] : [];
      });
    },
    wholeOf: (op) => wholes.get(op) ?? op,
  };
}

function operatorOf({ attributes: { operator, domain } }: OpOf<"opaque">): StepsOperator | undefined {
  return stepsOperator(operator, domain);
}

/** What says which number a step is. */
interface Steps {
  readonly scale: Value;
  readonly zero: Value | undefined;
}

/** Takes ops apart, in the order of their graph. */
class TakingApart {
  readonly #names: NewNames;
  /** The scale and zero point of values that are whole steps. */
  readonly #steps = new Map<Value, Steps>();

  constructor(graph: Graph) {
    this.#names = new NewNames(graph);
  }

  /** The ops that an op stands for; undefined where it is none on whole steps, or has a form that no ops say. */
  partsOf(op: Op): readonly Op[] | undefined {
    const [result] = op.results;
    if (!isOp(op, "opaque") || result === undefined || op.results.length !== 1) return undefined;
    if (isQuantization(op)) {
      const [, scale, zero] = op.operands;
      if (scale !== undefined) this.#steps.set(result, { scale, zero });
      return undefined;
    }
    const operator = operatorOf(op);
    return operator && unlessRefused(() => this.#apart(op, operator, result));
  }

  #apart(op: OpOf<"opaque">, operator: StepsOperator, result: Result): readonly Op[] {
    const node = new WrittenNode(op);
    const inputs: (Value | undefined)[] = [];
    op.operands.forEach((operand, i) => {
      inputs[node.inputSlots[i] ?? i] = operand;
    });
    const parts = new Parts(op, this.#names);
    const at = (index: number): Value => inputs[index] ?? refuse(`input ${index} is missing`);
    const own = inputs[0] && this.#steps.get(inputs[0]);
    const y = operator.spell({
      node,
      result: result.type,
      inputs: inputs.length,
      has: (input) => inputs[input] !== undefined,
      real: (input, axis) => parts.real(at(input), { scale: at(input + 1), zero: inputs[input + 2] }, axis),
      moved: () => parts.real(at(0), own ?? refuse("nothing says what its steps are")),
      bias: (input, [left, right]) =>
        parts.real(at(input), { scale: this.#product(at(left), at(right)), zero: undefined }, 0),
      op: (kind, operands, attributes) => parts.op(kind, operands, attributes),
    });
    const steps = operator.scale === "same" ? own : stepsFrom(inputs, operator);
    if (steps !== undefined) this.#steps.set(result, steps);
    return parts.endingIn(result, y, steps);
  }

  /** The scale of what is in steps of two scales, of which the first is one number. */
  #product(left: Value, right: Value): Parameter {
    if (left.kind !== "parameter" || right.kind !== "parameter") return refuse("its scales are computed");
    if (elementCount(left.data.dims) !== 1) return refuse("its input has several scales");
    const one = reshapeWeight(left.data, []) ?? refuse(`${left.name} is no number`);
    const name = this.#names.fresh(`${left.name}/${right.name}`);
    return makeParameter(name, binaryWeight("mul", one, right.data), "fixed", left.type.dtype);
  }
}

function stepsFrom(
  inputs: readonly (Value | undefined)[],
  { scale, mayBeReal }: StepsOperator,
): Steps | undefined {
  const given = scale === "same" ? undefined : inputs[scale];
  if (given === undefined && mayBeReal !== true) return refuse("its result has no scale");
  return given && { scale: given, zero: inputs[Number(scale) + 1] };
}

/** The parts of one operator. */
class Parts {
  readonly #ops: Op[] = [];
  readonly #whole: Op;
  readonly #names: NewNames;

  constructor(whole: Op, names: NewNames) {
    this.#whole = whole;
    this.#names = names;
  }

  op<N extends OpName>(kind: N, operands: readonly Value[], attributes: AttributesInput<N>): Value {
    const complete = definitionOf(kind).attributes.parse(attributes);
    const [type = refuse(`${kind} gives nothing`)] = inferTypes(
      definitionOf(kind),
      operands.map((operand) => operand.type),
      complete,
    );
    return this.#add(kind, operands, complete, this.#result(`${this.#whole.results[0]?.name}/${kind}`, type));
  }

  real(whole: Value, { scale, zero }: Steps, axis = 1): Value {
    const several = scale.kind !== "parameter" || elementCount(scale.data.dims) !== 1;
    const operands = [whole, scale, ...(zero === undefined ? [] : [zero])];
    const type = tensorType(whole.type.dims, scale.type.dtype);
    const attributes = nodeOf("DequantizeLinear", several ? [["axis", `${axis}`]] : [], type);
    return this.#add("opaque", operands, attributes, this.#result(`${whole.name}/dequantized`, type));
  }

  /** All of them, the last of which gives the result of the operator: a value, in steps where there are some. */
  endingIn(result: Result, value: Value, steps: Steps | undefined): readonly Op[] {
    const last = this.#ops.at(-1);
    if (last === undefined || last.results[0] !== value) return refuse("it hands on what it reads");
    if (!sameDims(value.type.dims, result.type.dims)) return refuse("its sizes are others");
    if (steps === undefined)
      return [...this.#ops.slice(0, -1), freezeOp({ ...last, results: [result] } as Op)];
    const { scale, zero } = steps;
    if (zero === undefined && result.type.dtype !== "uint8") return refuse("its zero point is not given");
    const operands = [value, scale, ...(zero === undefined ? [] : [zero])];
    this.#add("opaque", operands, nodeOf("QuantizeLinear", [], result.type), result);
    return this.#ops;
  }

  #result(name: string, type: TensorType): Result {
    return Object.freeze({ kind: "result", name: this.#names.fresh(name), type });
  }

  #add(kind: OpName, operands: readonly Value[], attributes: object, result: Result): Value {
    const loc = { ...this.#whole.loc, pass: "raise-attention" };
    this.#ops.push(freezeOp({ kind, operands, attributes, results: [result], loc } as unknown as Op));
    return result;
  }
}

/** The attributes of an opaque op that is no node of the file. */
function nodeOf(
  operator: string,
  written: readonly (readonly [name: string, text: string])[],
  { dtype, dims }: TensorType,
): AttributesOf<"opaque"> {
  const types = [[dtype, ...dims]];
  return definitionOf("opaque").attributes.parse({ operator, written, types }) as AttributesOf<"opaque">;
}

import type { RandomStream } from "../../src/base/random.js";
import type {
  AttributeMessage,
  ModelMessage,
  NodeMessage,
  TensorMessage,
} from "../../src/onnx/file/proto.js";
import { TensorProto, toInteger } from "../../src/onnx/file/proto.js";

/** An ONNX file that is changed in place. */
export interface Victim {
  readonly nodes: NodeMessage[];
  /** The float32 weights that some node reads. */
  readonly weights: readonly TensorMessage[];
  /** Types of the values that nodes compute, as texts that are equal for equal types. */
  readonly types: ReadonlyMap<string, string>;
  readonly random: RandomStream;
}

/** Makes one change and says which; undefined where the file has nothing to change in this way. */
type Mutation = (victim: Victim) => string | undefined;

/** Each changes one thing that an exporter, a converter or a compiler could get wrong. */
export const MUTATIONS = {
  "a weight": changeWeight,
  "a weight tensor's order": reorderWeights,
  "a weight tensor's size": scaleWeights,
  "an attribute": changeAttribute,
  "an edge": rewireEdge,
  "an operator": replaceOperator,
  "a bias left out": dropBias,
  "two operands swapped": swapOperands,
} as const satisfies Readonly<Record<string, Mutation>>;

export type MutationKind = keyof typeof MUTATIONS;

export const MUTATION_KINDS = Object.keys(MUTATIONS) as readonly MutationKind[];

/** What a change is made to. `types` has the types of the file's values by name. */
export function victimOf(
  { graph }: ModelMessage,
  types: ReadonlyMap<string, string>,
  random: RandomStream,
): Victim {
  const nodes = (graph?.node ?? []) as NodeMessage[];
  const read = new Set(nodes.flatMap(({ input }) => input ?? []));
  const weights = ((graph?.initializer ?? []) as TensorMessage[]).filter(
    ({ name, dataType, rawData }) =>
      dataType === TensorProto.DataType.FLOAT && (rawData?.length ?? 0) > 0 && read.has(name ?? ""),
  );
  return { nodes, weights, types, random };
}

function below(random: RandomStream, count: number): number {
  return Math.floor(random.uniform(0, count));
}

function oneOf<T>(random: RandomStream, list: readonly T[]): T | undefined {
  return list[below(random, list.length)];
}

/** One number: another sign, zero, or more or less by between a millionth and ten times its tensor's size. */
function changeWeight({ weights, random }: Victim): string | undefined {
  const tensor = oneOf(random, weights);
  if (tensor === undefined) return undefined;
  const numbers = floatsOf(tensor);
  const at = below(random, numbers.length);
  const old = numbers[at] as number;
  const size = Math.sqrt(numbers.reduce((sum, x) => sum + x * x, 0) / numbers.length) || 1;
  const way = random.uniform(0, 1);
  const sign = random.uniform(0, 1) < 0.5 ? 1 : -1;
  const changed = way < 0.1 ? -old : way < 0.2 ? 0 : old + sign * size * 10 ** random.uniform(-6, 1);
  numbers[at] = changed;
  if (numbers[at] === old) return undefined;
  return `${tensor.name}[${at}]: ${old} became ${numbers[at]}`;
}

/** Two slices along the first axis, exchanged: two channels. */
function reorderWeights({ weights, random }: Victim): string | undefined {
  const tensor = oneOf(
    random,
    weights.filter(({ dims }) => toInteger(dims?.[0]) > 1),
  );
  if (tensor === undefined) return undefined;
  const count = toInteger(tensor.dims?.[0]);
  const numbers = floatsOf(tensor);
  const width = numbers.length / count;
  const a = below(random, count);
  const b = (a + 1 + below(random, count - 1)) % count;
  const first = numbers.slice(a * width, (a + 1) * width);
  numbers.copyWithin(a * width, b * width, (b + 1) * width);
  numbers.set(first, b * width);
  return `${tensor.name}: ${a} and ${b} of its first axis were exchanged`;
}

function scaleWeights({ weights, random }: Victim): string | undefined {
  const tensor = oneOf(random, weights);
  if (tensor === undefined) return undefined;
  const factor = 1 + (random.uniform(0, 1) < 0.5 ? 1 : -1) * 10 ** random.uniform(-6, 0);
  const numbers = floatsOf(tensor);
  for (let i = 0; i < numbers.length; i++) numbers[i] = (numbers[i] as number) * factor;
  return `${tensor.name} was multiplied by ${factor}`;
}

/** The numbers of a tensor, which then has them in a buffer of its own. */
function floatsOf(tensor: TensorMessage): Float32Array {
  const bytes = Uint8Array.from(tensor.rawData ?? []);
  tensor.rawData = bytes;
  return new Float32Array(bytes.buffer);
}

function changeAttribute({ nodes, random }: Victim): string | undefined {
  const node = oneOf(
    random,
    nodes.filter(({ attribute, opType }) => opType !== "Constant" && (attribute?.length ?? 0) > 0),
  );
  const attribute = oneOf(
    random,
    ((node?.attribute ?? []) as AttributeMessage[]).filter(
      ({ name }) => !WITHOUT_EFFECT.includes(name ?? ""),
    ),
  );
  if (node === undefined || attribute === undefined) return undefined;
  const where = `${attribute.name} of ${node.opType} ${node.name}`;
  if (attribute.name === "dilations") return dilate(node, attribute, where);
  if ((attribute.ints?.length ?? 0) > 0) return changeIntegers(attribute, random, where);
  if ((attribute.f ?? 0) !== 0) {
    const old = attribute.f as number;
    attribute.f = Math.fround(old * (1 + 10 ** random.uniform(-3, 1)));
    return `${where}: ${old} became ${attribute.f}`;
  }
  if ((attribute.s?.length ?? 0) > 0 || (attribute.t ?? null) !== null) return undefined;
  const old = toInteger(attribute.i);
  attribute.i = old === 0 || random.uniform(0, 1) < 0.5 ? old + 1 : old - 1;
  return `${where}: ${old} became ${attribute.i}`;
}

/** Taps further apart, with as much more padding, so that the map keeps its size. */
function dilate({ attribute }: NodeMessage, dilations: AttributeMessage, where: string): string | undefined {
  const integers = (name: string): readonly number[] =>
    (attribute?.find((each) => each.name === name)?.ints ?? []).map(toInteger);
  const kernel = integers("kernel_shape");
  const pads = attribute?.find(({ name }) => name === "pads");
  if (kernel.every((side) => side === 1) || pads === undefined) return undefined;
  dilations.ints = (dilations.ints ?? []).map((each) => toInteger(each) + 1);
  pads.ints = integers("pads").map((pad, i) => pad + ((kernel[i % kernel.length] ?? 1) - 1) / 2);
  return `${where}: one more`;
}

/** One more, one less, one moved to the other half (padding from the left to the right), or two exchanged. */
function changeIntegers(attribute: AttributeMessage, random: RandomStream, where: string): string {
  const old = (attribute.ints ?? []).map(toInteger);
  const changed = [...old];
  const at = below(random, old.length);
  const other = (at + Math.max(1, old.length >> 1)) % old.length;
  const way = below(random, 4);
  const add = (index: number, amount: number): void => {
    changed[index] = (changed[index] as number) + amount;
  };
  if (way === 0) add(at, 1);
  else if (way === 1) add(at, -1);
  else if (way === 2) {
    add(at, -1);
    add(other, 1);
  } else [changed[at], changed[other]] = [changed[other] as number, changed[at] as number];
  attribute.ints = changed;
  return `${where}: [${old.join(", ")}] became [${changed.join(", ")}]`;
}

/** An input of a node: another value of the same type, computed before it. */
function rewireEdge({ nodes, types, random }: Victim): string | undefined {
  const at = below(random, nodes.length);
  const node = nodes[at];
  const inputs = node?.input ?? [];
  const edges = inputs.flatMap((name, i) => (types.has(name) ? [i] : []));
  const edge = oneOf(random, edges);
  if (node === undefined || edge === undefined) return undefined;
  const old = inputs[edge] as string;
  const before = nodes.slice(0, at).flatMap(({ output }) => output ?? []);
  const other = oneOf(
    random,
    before.filter((name) => name !== old && types.get(name) === types.get(old)),
  );
  if (other === undefined) return undefined;
  inputs[edge] = other;
  return `input ${edge} of ${node.opType} ${node.name}: ${old} became ${other}`;
}

/** Attributes that say nothing about inference. */
const WITHOUT_EFFECT = ["momentum", "storage_order", "training_mode"];

/** Operators that take the same operands and give the same sizes. */
const ALIKE: readonly (readonly string[])[] = [
  ["Relu", "Sigmoid", "Tanh", "Identity", "Abs", "Neg", "Softplus", "Elu", "LeakyRelu", "HardSigmoid"],
  ["Add", "Mul", "Sub", "Div"],
  ["MaxPool", "AveragePool"],
  ["GlobalAveragePool", "GlobalMaxPool"],
  ["ReduceMean", "ReduceSum", "ReduceMax", "ReduceMin", "ReduceL2"],
  ["Sqrt", "Exp", "Reciprocal", "Floor", "Erf"],
];

function replaceOperator({ nodes, types, random }: Victim): string | undefined {
  const node = oneOf(
    random,
    nodes.filter(
      ({ opType, output }) =>
        types.has(output?.[0] ?? "") && ALIKE.some((group) => group.includes(opType ?? "")),
    ),
  );
  const old = node?.opType ?? "";
  const by = oneOf(
    random,
    ALIKE.filter((group) => group.includes(old))
      .flat()
      .filter((name) => name !== old),
  );
  if (node === undefined || by === undefined) return undefined;
  node.opType = by;
  // The attributes of one activation are none of another's.
  if (ALIKE[0]?.includes(by)) node.attribute = [];
  return `${old} ${node.name} became ${by}`;
}

function dropBias({ nodes, random }: Victim): string | undefined {
  const node = oneOf(
    random,
    nodes.filter(({ opType, input }) => (opType === "Conv" || opType === "Gemm") && input?.length === 3),
  );
  if (node === undefined) return undefined;
  node.input = (node.input ?? []).slice(0, 2);
  return `${node.opType} ${node.name} has no bias`;
}

function swapOperands({ nodes, random }: Victim): string | undefined {
  const node = oneOf(
    random,
    nodes.filter(({ opType }) => ["Concat", "Sub", "Div", "MatMul", "Pow"].includes(opType ?? "")),
  );
  const [a, b, ...rest] = node?.input ?? [];
  if (node === undefined || a === undefined || b === undefined || a === b) return undefined;
  node.input = [b, a, ...rest];
  return `the first two inputs of ${node.opType} ${node.name} were swapped`;
}

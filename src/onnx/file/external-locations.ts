import type { ByteRange } from "../../base/bytes.js";
import { FIELD, StringStringEntryProto } from "./proto.js";
import { type WireField, WireProblem, WireReader } from "./wire.js";

/** What each message of a model may hold, by the numbers of the fields; `location`: an entry that may name a file. */
const HOLDS = {
  model: {
    [FIELD.modelGraph]: "graph",
    [FIELD.modelTrainingInfo]: "training",
    [FIELD.modelFunction]: "function",
  },
  training: { [FIELD.trainingInitialization]: "graph", [FIELD.trainingAlgorithm]: "graph" },
  graph: {
    [FIELD.graphNode]: "node",
    [FIELD.graphInitializer]: "tensor",
    [FIELD.graphSparseInitializer]: "sparseTensor",
  },
  function: { [FIELD.functionNode]: "node" },
  node: { [FIELD.nodeAttribute]: "attribute" },
  attribute: {
    [FIELD.attributeTensor]: "tensor",
    [FIELD.attributeTensors]: "tensor",
    [FIELD.attributeGraph]: "graph",
    [FIELD.attributeGraphs]: "graph",
    [FIELD.attributeSparseTensor]: "sparseTensor",
    [FIELD.attributeSparseTensors]: "sparseTensor",
  },
  sparseTensor: { [FIELD.sparseTensorValues]: "tensor", [FIELD.sparseTensorIndices]: "tensor" },
  tensor: { [FIELD.tensorExternalData]: "location" },
  location: {},
} as const satisfies Readonly<Record<string, Readonly<Record<number, string>>>>;

type Message = keyof typeof HOLDS;

/** Graphs lie in graphs, by If and Loop; a file that nests deeper is made to overflow the stack. */
const DEEPEST = 200;
const LONGEST_ENTRY = 1 << 16;

/**
 * The files that a model names as the location of tensors, wherever these are: initializers, constants, subgraphs, functions.
 * Nothing of the tensors is read.
 *
 * Errors: `WireProblem` for bytes that are no ONNX model.
 */
export function externalLocations(range: ByteRange): ReadonlySet<string> {
  const wire = new WireReader(range);
  const found = new Set<string>();
  const walk = (message: Message, start: number, end: number, depth: number): void => {
    if (depth > DEEPEST) throw new WireProblem(`it is nested ${DEEPEST} times`);
    const holds: Readonly<Record<number, Message>> = HOLDS[message];
    for (const field of wire.fields(start, end)) {
      const held = holds[field.number];
      if (held === "location") addLocation(wire, field, found);
      else if (held !== undefined) walk(held, field.start, field.end, depth + 1);
    }
  };
  if (![...wire.fields(0, range.size)].some(({ number }) => number === FIELD.modelGraph))
    throw new WireProblem("it has no graph");
  walk("model", 0, range.size, 0);
  return found;
}

function addLocation(wire: WireReader, { start, end }: WireField, found: Set<string>): void {
  if (end - start > LONGEST_ENTRY) throw new WireProblem(`the entry at byte ${start} is too long`);
  try {
    const { key, value } = StringStringEntryProto.decode(wire.read(start, end));
    if (key === "location") found.add(value);
  } catch (error) {
    throw new WireProblem((error as Error).message);
  }
}

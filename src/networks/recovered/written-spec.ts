import type { RecoveredBlock } from "../../analysis/structure/classify.js";
import { InputError } from "../../base/diagnostic.js";
import { fileName } from "../../base/source.js";
import type { Graph } from "../../ir/graph.js";
import { isOp } from "../../ir/rewrite.js";
import { Dataflow } from "../../passes/raise/dataflow.js";
import type { FileNetwork } from "../file-network.js";
import { imageSize, inputSignal } from "../interface.js";
import { withoutWideHead, writtenHead, writtenStem } from "./ends.js";
import { writtenGates } from "./gates.js";
import { type NetworkFacts, type WrittenStage, writtenStage } from "./stage.js";
import { UnknownStructure } from "./unknown-structure.js";

/** A spec as it would be written. */
export type WrittenSpec = Readonly<Record<string, unknown>>;

/**
 * The spec whose network that of a file seems to be. Whether it is has to be proved: see `recoveredNetwork`.
 *
 * Errors: `InputError` with every block that no spec says, and why.
 */
export function writtenSpec({
  file,
  attention,
  ...found
}: Pick<FileNetwork, "file" | "attention" | "recovered">): WrittenSpec {
  const { graph } = attention;
  const recovered = withoutWideHead(found.recovered);
  if (inputSignal(graph) !== null)
    throw notKnown(file, ["its input is a signal [N, C, L], and only networks of images are found again"]);
  const problems: string[] = [];
  const attempt = <T>(at: string, write: () => T): T | undefined => {
    try {
      return write();
    } catch (error) {
      if (!(error instanceof UnknownStructure)) throw error;
      problems.push(`${at}: ${error.message}`);
      return undefined;
    }
  };
  const flow = new Dataflow(graph);
  const facts: NetworkFacts = { flow, gates: writtenGates(attention, recovered) };
  const blocks = recovered.filter(({ block }) => block.stage !== undefined);
  const stages = blocks.map((block) => attempt(nameOfBlock(block), () => writtenStage(block, facts)));
  const ends = (type: "stem" | "head", write: typeof writtenStem): WrittenSpec | undefined => {
    const block = recovered.find((each) => each.block.type === type);
    return block && attempt(nameOfBlock(block), () => write(block, flow));
  };
  const stem = ends("stem", writtenStem);
  const head = ends("head", writtenHead);
  const input = imageSize(graph);
  if (input === null) problems.push("its first input is no image of known size");
  if (head === undefined && problems.length === 0) problems.push("it does not end in a classifier");
  if (problems.length > 0) throw notKnown(file, problems);
  return withDefaults({
    name: fileName(file, ".onnx"),
    input,
    scaling: { divisor: 1 },
    defaults: { norm: { epsilon: epsilonOf(graph) }, ...paddingOf(graph) },
    ...preactivated(stem ?? "none", repeated(stages.flatMap((stage) => stage ?? []))),
    head,
  });
}

/** Errors that say which parts of a network have no words. */
export function notKnown(file: string, problems: readonly string[]): InputError {
  return new InputError(
    problems.map((problem) => ({
      code: "onnx/unknown-structure",
      message: `${file} is not a network that a spec can describe: ${problem}`,
      file,
      hint: `ecagen inspect ${file} shows the blocks that were found`,
    })),
  );
}

/** The name that a block has in the file, else the scope that was found for it. */
export function nameOfBlock({ modules, block }: RecoveredBlock): string {
  return modules.at(-1) ?? block.scope;
}

/** Normalisation and activation after a stem are the first block's where the other blocks begin with such. */
function preactivated(stem: WrittenSpec | "none", stages: readonly WrittenStage[]): WrittenSpec {
  const [first, ...rest] = stages;
  const moves =
    first !== undefined && stem !== "none" && rest.some(({ preactivation }) => preactivation === true);
  if (!moves || first.preactivation === true) return { stem, stages };
  const { activation, ...conv } = stem;
  const block = { ...first, preactivation: true, activation };
  return { stem: { ...conv, normalized: false }, stages: [block, ...rest] };
}

/** Blocks that differ in nothing but the first one's stride, as one stage that repeats. */
function repeated(blocks: readonly WrittenStage[]): readonly WrittenStage[] {
  const stages: { stage: WrittenStage; repeat: number }[] = [];
  const textOf = ({ stride: _, shortcut: __, ...rest }: WrittenStage): string => JSON.stringify(rest);
  for (const block of blocks) {
    const last = stages.at(-1);
    const goesOn = last !== undefined && block.stride === undefined && textOf(last.stage) === textOf(block);
    if (goesOn) last.repeat++;
    else stages.push({ stage: block, repeat: 1 });
  }
  return stages.map(({ stage: { block, ...rest }, repeat }) => ({
    block,
    ...(repeat > 1 ? { repeat } : {}),
    ...rest,
  }));
}

/** The activation that most parts have, said once. */
function withDefaults(spec: WrittenSpec): WrittenSpec {
  const { stem, stages, head, defaults, ...first } = spec as Record<string, unknown> & {
    stages: readonly WrittenStage[];
    stem: WrittenSpec | "none";
    head: WrittenSpec;
    defaults: WrittenSpec;
  };
  const parts = [...(stem === "none" ? [] : [stem]), ...stages, head];
  const times = new Map<unknown, number>();
  for (const { activation } of parts) {
    if (activation !== undefined) times.set(activation, (times.get(activation) ?? 0) + 1);
  }
  const [usual] = [...times].sort(([, a], [, b]) => b - a)[0] ?? ["relu"];
  const without = <P extends WrittenSpec>({ activation, ...part }: P): WrittenSpec =>
    activation === undefined || activation === usual ? part : { ...part, activation };
  return {
    ...first,
    defaults: { activation: usual, ...defaults },
    ...sharedGate(stages.map(without), stem === "none" ? stem : without(stem)),
    head: without(head),
  };
}

/** Stem and stages, with the gate of all stages said once, where they have the same. */
function sharedGate(stages: readonly WrittenSpec[], stem: WrittenSpec | "none"): WrittenSpec {
  const [first] = stages;
  const textOf = ({ attention }: WrittenSpec): string => JSON.stringify(attention ?? null);
  const isShared = first?.attention !== undefined && stages.every((stage) => textOf(stage) === textOf(first));
  if (!isShared) return { stem, stages };
  return { attention: first.attention, stem, stages: stages.map(({ attention: _, ...rest }) => rest) };
}

function epsilonOf({ ops }: Graph): number {
  const norm = ops.find((op) => isOp(op, "batch_norm"));
  return norm !== undefined && isOp(norm, "batch_norm") ? norm.attributes.epsilon : 1e-5;
}

/** TensorFlow's padding shows in windows with a stride, where it is not the same on both sides. */
function paddingOf({ ops }: Graph): WrittenSpec {
  const isSame = ops.some((op) => {
    if (!isOp(op, "conv")) return false;
    const [top, left, bottom, right] = op.attributes.pads;
    return top !== bottom || left !== right;
  });
  return isSame ? { padding: "same" } : {};
}

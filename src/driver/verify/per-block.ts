import { blockOutputs } from "../../analysis/block-outputs.js";
import { Defect } from "../../base/diagnostic.js";
import { givenBytes } from "../../files/models/read.js";
import { readBytes } from "../../files/read-file.js";
import { withoutListeners } from "../../files/termination.js";
import type { Graph } from "../../ir/graph.js";
import { withBlockOutputs } from "../../onnx/encode/outputs.js";
import { judge, statistics } from "../../runtime/compare.js";
import type { InputShape } from "../../trials/numbers.js";
import {
  fixedBatch,
  interfaceOf,
  interfaceProblem,
  type Outputs,
  runModel,
  workableInputs,
} from "../../trials/outputs.js";
import { evaluateReference, type Reference } from "../../trials/reference-runs.js";
import type { BlockComparison } from "./report.js";
import type { Round, Subject } from "./round.js";
import type { RunContext } from "./run-round.js";

/**
 * Holds what leaves each block of a round's models against the reference, in the order of the network, for the
 * first seed. The models are run once more for it, with the blocks' tensors among their outputs.
 */
export async function compareBlocks(
  round: Round,
  context: RunContext,
  onProgress: (message: string, part: number) => void,
): Promise<readonly BlockComparison[]> {
  const { reference, blocks, subjects } = round;
  if (reference === undefined) return [];
  const leaving = blockOutputs(reference, blocks);
  const [seed = 0] = context.seeds;
  const expected = new Map<number, Reference>();
  const comparisons: BlockComparison[] = [];
  for (const subject of subjects) {
    const run = await runWithBlocks(subject, reference, blocks, seed, context);
    // The round has said what is wrong with its inputs and outputs.
    if (run === undefined) continue;
    const { tensors, batch, outputs } = run;
    let evaluated = expected.get(batch);
    if (evaluated === undefined) {
      const withBlocks = { ...reference, outputs: [...new Set(leaving.values())] };
      const seeds = { weights: context.weightSeed, inputs: seed };
      await withoutListeners();
      evaluated = await evaluateReference(withBlocks, batch, seeds, context.tolerance.precision, {
        inputs: run.inputs,
        evaluator: context.evaluator,
        onProgress(part) {
          context.deadline.check("evaluating the reference");
          onProgress(`reference interpreter, block by block`, part);
        },
      });
      expected.set(batch, evaluated);
    }
    const numbers = evaluated.outputs(batch);
    const unknown = blocks.filter((block) => leaving.has(block) && !tensors.has(block));
    if (unknown.length > 0) {
      const detail = `${subject.label} names no node after ${unknown.length} of ${leaving.size} blocks: ${unknown.slice(0, 3).join(", ")}`;
      context.note({ name: "blocks", ok: false, detail });
    }
    for (const [block, value] of leaving) {
      const tensor = tensors.get(block);
      if (tensor === undefined) continue;
      const error = evaluated.errors.get(value.name);
      if (error === undefined) throw new Defect(`no rounding error of ${value.name}`);
      const [exact, given] = [numbers.get(value.name) ?? [], outputs.get(tensor) ?? []];
      const far = statistics(exact, given, context.tolerance);
      const judged = judge(exact, given, error, context.tolerance, evaluated.responses.get(value.name));
      const names = { a: "reference", b: `${subject.label} on ${context.device}`, weights: round.weights };
      comparisons.push({ ...names, block, seed, batch, ...far, ...judged, ok: judged.verdict === "right" });
    }
  }
  return comparisons;
}

/** Undefined for a model whose inputs or outputs are not the reference's. */
async function runWithBlocks(
  { label, model }: Subject,
  reference: Graph,
  blocks: readonly string[],
  seed: number,
  { runtime, device, inputValues }: RunContext,
): Promise<
  | {
      readonly tensors: ReadonlyMap<string, string>;
      readonly batch: number;
      readonly inputs: readonly InputShape[];
      readonly outputs: Outputs;
    }
  | undefined
> {
  const bytes = typeof model === "string" ? readBytes(model) : model;
  const { bytes: instrumented, tensors } = withBlockOutputs(givenBytes(bytes, label), blocks);
  const session = await runtime.open(
    instrumented,
    { device, allowCpuNodes: true },
    `${label} with the blocks' outputs`,
  );
  try {
    const wanted = interfaceOf(reference);
    if (interfaceProblem(session, wanted) !== undefined) return undefined;
    const batch = fixedBatch(session) ?? fixedBatch(wanted) ?? 1;
    const inputs = await workableInputs(session, wanted.inputs, batch, { inputValues });
    return { tensors, batch, inputs, outputs: await runModel(session, inputs, batch, seed) };
  } finally {
    await session.close();
  }
}

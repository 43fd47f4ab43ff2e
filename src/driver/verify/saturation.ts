import { largestDifference } from "../../base/distance.js";
import type { Graph } from "../../ir/graph.js";
import { judge } from "../../runtime/compare.js";
import { fixedBatch, interfaceOf, type Outputs, runModel, workableInputs } from "../../trials/outputs.js";
import { evaluateReference } from "../../trials/reference-runs.js";
import type { Round } from "./round.js";
import type { RunContext } from "./run-round.js";

/**
 * Says where whole numbers saturate on this processor. Models are verified with exact sums of products; ONNX Runtime by itself adds uint8 times
 * int8 in pairs of 16 bits on x64 processors without VNNI, so that the same right file gives other numbers there.
 */
export async function noteSaturation({ reference, subjects }: Round, context: RunContext): Promise<void> {
  const { device, evaluator, note, seeds, tolerance, weightSeed } = context;
  const [subject] = subjects;
  if (subject === undefined || reference === undefined || device !== "cpu") return;
  if (!multipliesIntegers(reference)) return;
  const run = (asDeployed: boolean) => runOnce(context, subject.model, reference, asDeployed);
  const [exact, deployed] = [await run(false), await run(true)];
  const differs = ([name, numbers]: readonly [string, ArrayLike<number>]): boolean =>
    largestDifference(numbers, deployed.get(name) ?? []) > 0;
  if (![...exact].some(differs)) return;
  const { errors } = await evaluateReference(
    reference,
    1,
    { weights: weightSeed, inputs: seeds[0] ?? 0 },
    tolerance.precision,
    { evaluator },
  );
  for (const [name, numbers] of exact) {
    const [error, given] = [errors.get(name), deployed.get(name) ?? []];
    if (error === undefined || judge(numbers, given, error, tolerance).verdict !== "wrong") continue;
    const far = Number(largestDifference(numbers, given).toPrecision(2));
    const detail = `on this processor ONNX Runtime by itself saturates sums of uint8 times int8: ${name} is then off by up to ${far}; its option session.x64quantprecision avoids that`;
    note({ name: "saturation", ok: true, detail });
    return;
  }
}

/** Whether ONNX Runtime may multiply whole numbers: by operators that do, or where it joins products with the steps around them. */
function multipliesIntegers({ ops }: Graph): boolean {
  return ops.some(
    (op) =>
      op.kind === "opaque" &&
      /^QLinear|^QGemm$|Integer|^(Dynamic)?QuantizeLinear$/.test(op.attributes.operator),
  );
}

async function runOnce(
  { runtime, device, seeds: [seed = 0], inputValues }: RunContext,
  model: Uint8Array | string,
  reference: Graph,
  asDeployed: boolean,
): Promise<Outputs> {
  const session = await runtime.open(model, { device, asDeployed });
  try {
    const wanted = interfaceOf(reference);
    const batch = fixedBatch(session) ?? fixedBatch(wanted) ?? 1;
    const inputs = await workableInputs(session, wanted.inputs, batch, { inputValues });
    return await runModel(session, inputs, batch, seed);
  } finally {
    await session.close();
  }
}

import { CheckError, InputError } from "../../base/diagnostic.js";
import type { Graph } from "../../ir/graph.js";
import {
  type Distance,
  TOLERANCES,
  type Tolerance,
  toleranceText,
  withinTolerance,
} from "../../runtime/compare.js";
import { type Runtime, type Session, startRuntime } from "../../runtime/session.js";
import { fixedBatch, interfaceOf, type Outputs, runModel, worstDistance } from "../outputs.js";

/** What ONNX Runtime says of a rewritten file, or of the part of the rewriting that must keep the values. */
export interface RewriteVerification extends Distance {
  /** `file`: what is written was held against the original. `gates`: the gates that were found, lowered again, were. */
  readonly of: "file" | "gates";
  readonly ok: true;
}

/** Random images that are run. */
const IMAGES = 2;

/**
 * Runs the original file and what must compute the same, with the same random inputs.
 *
 * Errors: `CheckError` where the outputs differ, and where they can't be compared: nothing is said to be right that nobody
 * has looked at.
 */
export async function verifyRewrite(
  file: string,
  rewritten: Uint8Array | string,
  graph: Graph,
  of: RewriteVerification["of"],
  half: boolean,
): Promise<RewriteVerification> {
  const tolerance = half ? TOLERANCES.float16 : TOLERANCES.float32;
  refuseInputs(file, graph);
  const runtime = await startRuntime();
  try {
    const original = await opened(runtime, file, file);
    const other = await opened(runtime, rewritten, "the rewritten file");
    const batch = fixedBatch(original) ?? fixedBatch(other) ?? IMAGES;
    const expected = await outputsOf(original, graph, batch);
    const actual = await outputsOf(other, graph, batch);
    const far = worstDistance(expected, actual, tolerance);
    if (!withinTolerance(far, tolerance)) throw differs(file, of, far, tolerance);
    const { maxAbs, maxRel, cosine } = far;
    return { of, ok: true, maxAbs, maxRel, cosine };
  } finally {
    runtime.close();
  }
}

function opened(runtime: Runtime, model: Uint8Array | string, name: string): Promise<Session> {
  return comparable(() => runtime.open(model, {}, name));
}

function outputsOf(session: Session, graph: Graph, batch: number): Promise<Outputs> {
  return comparable(() => runModel(session, interfaceOf(graph).inputs, batch, 0));
}

/** What ONNX Runtime refuses can't be compared. */
async function comparable<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw notComparable(error.message);
  }
}

function refuseInputs(file: string, { inputs }: Graph): void {
  const wrong = inputs.find(({ type }) => type.dtype !== "float32");
  if (wrong !== undefined)
    throw notComparable(
      `the input ${wrong.name} of ${file} is not of float32 numbers, which random inputs are`,
    );
}

function notComparable(why: string): CheckError {
  return new CheckError([
    {
      code: "rewrite/not-comparable",
      message: `the rewritten network can't be held against the original: ${why}`,
      hint: "--no-verify writes it without that",
    },
  ]);
}

function differs(
  file: string,
  of: RewriteVerification["of"],
  { maxRel, cosine }: Distance,
  tolerance: Tolerance,
): CheckError {
  const what = of === "file" ? "the rewritten file" : "the gates that were found, lowered again,";
  return new CheckError([
    {
      code: "rewrite/differs",
      message: `${what} must give what ${file} gives, and the outputs differ by ${maxRel.toExponential(1)} of their range, cosine ${cosine.toFixed(6)} (${toleranceText(tolerance)})`,
    },
  ]);
}

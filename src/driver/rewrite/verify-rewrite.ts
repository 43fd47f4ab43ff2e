import { join } from "node:path";
import { defined } from "../../base/defined.js";
import { CheckError, type Diagnostic, InputError } from "../../base/diagnostic.js";
import { type Distance, distance } from "../../base/distance.js";
import { type Graph, usesType } from "../../ir/graph.js";
import { hintingAt } from "../../networks/input-sizes.js";
import { type Judgement, judge, judgeWhole, TOLERANCES } from "../../runtime/compare.js";
import { type Runtime, type Session, startRuntime } from "../../runtime/session.js";
import { modelErrors } from "../../trials/model-errors.js";
import { type InputShape, inputShapes, isFloat, randomInputs } from "../../trials/numbers.js";
import { runWith, workableInputs } from "../../trials/outputs.js";
import { sizedInputs } from "../../trials/sized-inputs.js";
import { hasSelections, unstableNumbers, unstableSelection } from "../../trials/unstable-numbers.js";

/** What ONNX Runtime says of a rewritten file, or of the part of the rewriting that must keep the values. */
export interface RewriteVerification extends Distance {
  /** `file`: what is written was compared with the original. `gates`: the gates that were found, lowered again, were. */
  readonly of: "file" | "gates";
  readonly ok: true;
  /** Why the comparison shows nothing although no number is off: zeros would pass for the outputs. */
  readonly undecided?: string;
}

/** The same with notes on the sizes that were taken for open ones. */
export interface VerifiedRewrite {
  readonly verification: RewriteVerification;
  readonly notes: readonly Diagnostic[];
}

function faintText(name: string, numbers: ArrayLike<number>, { tolerance }: Judgement): string {
  const largest = largestOf(numbers).toPrecision(2);
  return `the numbers of ${name} are up to ${largest}, and rounding may move them by ${tolerance.toPrecision(2)}`;
}

function largestOf(numbers: ArrayLike<number>): number {
  let largest = 0;
  for (let i = 0; i < numbers.length; i++) largest = Math.max(largest, Math.abs(numbers[i] as number));
  return largest;
}

/** Random images that are run. */
const IMAGES = 2;

/** Models of a rewriting that are run beside the original. */
export interface RunModels {
  readonly rewritten: Uint8Array;
  /** The original with weights that are off by as much as rounding to half precision may do; none where its weights stay. */
  readonly coarse: readonly Uint8Array[];
}

/**
 * Runs the original file and what must compute the same, with the same random inputs.
 *
 * Errors: `CheckError` where the outputs differ, and where they can't be compared: nothing is said to be right that nobody
 * has looked at.
 */
export async function verifyRewrite(
  file: string,
  { rewritten, coarse }: RunModels,
  graph: Graph,
  of: RewriteVerification["of"],
  half: boolean,
): Promise<VerifiedRewrite> {
  const isHalf = usesType(graph, "float16");
  const tolerance = half || isHalf ? TOLERANCES.float16 : TOLERANCES.float32;
  const runtime = await startRuntime();
  try {
    const original = await opened(runtime, file, file);
    const other = await opened(runtime, rewritten, "the rewritten file");
    const sized = sizedInputs(inputShapes(graph), file);
    const { notes } = sized;
    const batch = batchOf(sized.inputs, other);
    const others: Session[] = [];
    for (const model of coarse) others.push(await opened(runtime, model, "the file with rounded weights"));
    const whole = original.outputs.filter(({ dtype }) => !isFloat(dtype)).map(({ name }) => name);
    const { feeds, expected, actual, errors, unstable } = await comparable(() =>
      hintingAt({ notes }, async () => {
        const inputs = await workableInputs(original, sized.inputs, batch);
        const feeds = randomInputs(inputs, batch, 0);
        const expected = await runWith(original, feeds);
        return {
          feeds,
          expected,
          actual: await runWith(other, feeds),
          errors: await modelErrors(original, feeds, tolerance.precision, { isCoarse: isHalf, others }),
          unstable:
            whole.length === 0
              ? new Map<string, number>()
              : await unstableNumbers(original, feeds, expected, whole, tolerance.precision),
        };
      }),
    );
    const distances: Distance[] = [];
    const faint: string[] = [];
    const reselected: string[] = [];
    for (const [name, error] of errors) {
      const [a, b] = [expected.get(name) ?? [], actual.get(name) ?? []];
      const mayChange = unstable.get(name);
      const { verdict, why } =
        mayChange === undefined
          ? judge(a, b, error, tolerance)
          : judgeWhole(a, b, error.dims, mayChange, undefined);
      if (verdict === "wrong") {
        const { precision } = tolerance;
        const isFar = (x: ArrayLike<number>, y: ArrayLike<number>): boolean =>
          judge(x, y, error, tolerance).verdict === "wrong";
        const unstable = hasSelections(graph)
          ? await comparable(() => unstableSelection(original, feeds, name, precision, isFar))
          : undefined;
        if (unstable === undefined) throw differs(file, of, name, `${why}`);
        reselected.push(`${name}: ${why}: ${unstable}`);
        distances.push(distance(a, b));
        continue;
      }
      distances.push(distance(a, b));
      if (mayChange !== undefined) {
        if (verdict === "undecided") faint.push(`${name}: ${why}`);
        continue;
      }
      const shows = judge(a, new Float64Array(a.length), error, tolerance);
      if (shows.verdict === "right" && largestOf(a) > 0) faint.push(faintText(name, a, shows));
    }
    const { maxAbs, maxRel, cosine } = distances.reduce((a, b) => (b.maxRel > a.maxRel ? b : a));
    const undecided = reselected[0] ?? (faint.length === distances.length ? faint[0] : undefined);
    return { verification: { of, ok: true, maxAbs, maxRel, cosine, ...defined({ undecided }) }, notes };
  } finally {
    runtime.close();
  }
}

/**
 * Has ONNX Runtime load a rewritten file that is not run. One whose original it refuses too may be for another
 * runtime: that is a warning.
 *
 * Errors: `CheckError` where it takes the original and refuses the rewritten file.
 */
export async function loadRewrite(
  file: string,
  write: (path: string) => Promise<void>,
): Promise<readonly Diagnostic[]> {
  const runtime = await startRuntime();
  try {
    const rewritten = join(runtime.scratch, "rewritten.onnx");
    await write(rewritten);
    const refused = await refusal(() => runtime.open(rewritten, {}, "the rewritten file"));
    if (refused === undefined) return [];
    if ((await refusal(() => runtime.open(file))) === undefined) {
      throw new CheckError([{ code: "rewrite/refused", message: refused }]);
    }
    return [
      {
        code: "rewrite/not-loaded",
        message: `${refused}; it refuses ${file} as well, so nothing has loaded what is written`,
      },
    ];
  } finally {
    runtime.close();
  }
}

/** Why ONNX Runtime refuses; undefined where it doesn't. */
async function refusal(open: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await open();
    return undefined;
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return error.message;
  }
}

function opened(runtime: Runtime, model: Uint8Array | string, name: string): Promise<Session> {
  return comparable(() => runtime.open(model, {}, name));
}

/** The batch to run, where the file leaves it open: that which the rewritten one was given. */
function batchOf(inputs: readonly InputShape[], rewritten: Session): number {
  const open = inputs.find(({ dims: [first] }) => typeof first === "string");
  const [now] = rewritten.inputs.find(({ name }) => name === open?.name)?.dims ?? [];
  return typeof now === "number" ? now : IMAGES;
}

/** What ONNX Runtime refuses can't be compared. */
async function comparable<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw notComparable(error);
  }
}

function notComparable({ message, diagnostics }: InputError): CheckError {
  const hints = new Set(diagnostics.flatMap(({ hint }) => hint ?? []));
  return new CheckError([
    {
      code: "rewrite/not-comparable",
      message: `the rewritten network can't be compared with the original: ${message}`,
      hint: [...hints, "--no-verify writes it without that"].join("; "),
    },
  ]);
}

function differs(file: string, of: RewriteVerification["of"], output: string, why: string): CheckError {
  const what = of === "file" ? "the rewritten file" : "the gates that were found, lowered again,";
  return new CheckError([
    {
      code: "rewrite/differs",
      message: `${what} must give what ${file} gives, and its output ${output} differs: ${why}`,
    },
  ]);
}

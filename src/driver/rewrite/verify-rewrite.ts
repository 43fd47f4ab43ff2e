import { defined } from "../../base/defined.js";
import { CheckError, Defect, type Diagnostic, InputError } from "../../base/diagnostic.js";
import { type Distance, distance } from "../../base/distance.js";
import { type Graph, usesType } from "../../ir/graph.js";
import { hintingAt } from "../../networks/input-sizes.js";
import { type Judgement, judge, judgeWhole, TOLERANCES, type Tolerance } from "../../runtime/compare.js";
import type { OutputError } from "../../runtime/rounding-error.js";
import { type Runtime, type Session, startRuntime } from "../../runtime/session.js";
import type { InputValues } from "../../trials/input-values.js";
import { modelErrors } from "../../trials/model-errors.js";
import { type InputShape, inputShapes, isFloat, type Run, randomInputs } from "../../trials/numbers.js";
import { type Outputs, runWith, workableInputs } from "../../trials/outputs.js";
import { sizedInputs } from "../../trials/sized-inputs.js";
import { hasSelections, unstableNumbers, unstableSelection } from "../../trials/unstable-numbers.js";

/** What ONNX Runtime says of a rewritten file, or of the part of the rewriting that must keep the values. */
export interface RewriteVerification extends Distance {
  /** `file`: the written file was compared with the original. `gates`: the recognised gates were lowered again and compared. */
  readonly of: "file" | "gates";
  readonly ok: true;
  /** Why the comparison proves nothing although all numbers agree: zeros would also pass. */
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
  /** The original as it can be run with exact sums of whole numbers; left out where that is its file. */
  readonly original?: Uint8Array | undefined;
  readonly rewritten: Uint8Array;
  /** The original with weights that are off by as much as rounding to half precision may do; none where its weights stay. */
  readonly coarse: readonly Uint8Array[];
}

/** What is compared, and with which inputs. */
interface ComparedAs extends InputValues {
  readonly of: RewriteVerification["of"];
  /** Whether the rewritten network computes in half precision. */
  readonly half: boolean;
}

/**
 * Runs the original file and what must compute the same, with the same random inputs.
 *
 * Errors: `CheckError` where the outputs differ, and where they can't be compared: nothing is said to be right that nobody
 * has looked at.
 */
export async function verifyRewrite(
  file: string,
  models: RunModels,
  graph: Graph,
  { of, half, inputValues }: ComparedAs,
): Promise<VerifiedRewrite> {
  const isHalf = usesType(graph, "float16");
  const tolerance = half || isHalf ? TOLERANCES.float16 : TOLERANCES.float32;
  const runtime = await startRuntime();
  try {
    const sessions = await openAll(runtime, file, models);
    const { inputs, notes } = sizedInputs(inputShapes(graph), file);
    const first = await comparable(() =>
      hintingAt({ notes }, () => runAll(sessions, inputs, { tolerance, isHalf, inputValues })),
    );
    const isOff = [...first.errors.keys()].some(
      (name) => compareOutput(name, first, tolerance).verdict === "wrong",
    );
    const runs = isOff
      ? await comparable(() =>
          remeasured(runtime, models.original ?? file, sessions, first, { tolerance, isHalf }),
        )
      : first;
    const compared: ComparedOutput[] = [];
    for (const name of runs.errors.keys()) {
      const output = compareOutput(name, runs, tolerance);
      const unstable =
        output.verdict === "wrong" && hasSelections(graph)
          ? await comparable(() => whyReselected(output, sessions, runs, tolerance))
          : undefined;
      if (output.verdict === "wrong" && unstable === undefined) throw differs(file, of, output);
      compared.push({ ...output, ...defined({ reselected: unstable }) });
    }
    return { verification: { of, ok: true, ...summaryOf(compared) }, notes };
  } finally {
    runtime.close();
  }
}

interface Sessions {
  readonly original: Session;
  readonly rewritten: Session;
  readonly coarse: readonly Session[];
}

async function openAll(runtime: Runtime, file: string, models: RunModels): Promise<Sessions> {
  const original = await opened(runtime, models.original ?? file, file);
  const rewritten = await opened(runtime, models.rewritten, "the rewritten file");
  const coarse: Session[] = [];
  for (const model of models.coarse)
    coarse.push(await opened(runtime, model, "the file with rounded weights"));
  return { original, rewritten, coarse };
}

/** What the models give of the same inputs, and what rounding alone changes of it. */
interface Runs {
  readonly feeds: Run;
  readonly expected: Outputs;
  readonly actual: Outputs;
  readonly errors: ReadonlyMap<string, OutputError>;
  /** Of outputs of whole numbers: how many of them. */
  readonly unstable: ReadonlyMap<string, number>;
}

async function runAll(
  { original, rewritten, coarse }: Sessions,
  shapes: readonly InputShape[],
  {
    tolerance: { precision },
    isHalf,
    inputValues,
  }: InputValues & { readonly tolerance: Tolerance; readonly isHalf: boolean },
): Promise<Runs> {
  const batch = batchOf(shapes, rewritten);
  const feeds = randomInputs(await workableInputs(original, shapes, batch, { inputValues }), batch, 0);
  const expected = await runWith(original, feeds);
  const actual = await runWith(rewritten, feeds);
  const errors = await modelErrors(original, feeds, precision, { isCoarse: isHalf, others: coarse });
  const whole = original.outputs.filter(({ dtype }) => !isFloat(dtype)).map(({ name }) => name);
  const unstable =
    whole.length === 0
      ? new Map<string, number>()
      : await unstableNumbers(original, feeds, expected, whole, precision);
  return { feeds, expected, actual, errors, unstable };
}

/** The runs with what ONNX Runtime's own fusions and layouts do to the original as a part of its rounding. */
async function remeasured(
  runtime: Runtime,
  model: Uint8Array | string,
  { original, coarse }: Sessions,
  runs: Runs,
  { tolerance: { precision }, isHalf }: { readonly tolerance: Tolerance; readonly isHalf: boolean },
): Promise<Runs> {
  const unfused = await runtime.open(model, { unfused: true }, "the original");
  try {
    const others = [...coarse, unfused];
    return {
      ...runs,
      errors: await modelErrors(original, runs.feeds, precision, { isCoarse: isHalf, others }),
    };
  } finally {
    await unfused.close();
  }
}

interface ComparedOutput extends Pick<Judgement, "verdict" | "why"> {
  readonly name: string;
  readonly distance: Distance;
  /** Why the comparison shows nothing although no number is off. */
  readonly faint?: string;
  /** Why an output that is off is not wrong: rounding alone selects other numbers. */
  readonly reselected?: string;
}

function compareOutput(
  name: string,
  { expected, actual, errors, unstable }: Runs,
  tolerance: Tolerance,
): ComparedOutput {
  const [a, b, error] = [expected.get(name) ?? [], actual.get(name) ?? [], errors.get(name)];
  if (error === undefined) throw new Defect(`the output ${name} was not measured`);
  const mayChange = unstable.get(name);
  if (mayChange !== undefined) {
    const { verdict, why } = judgeWhole(a, b, error.dims, mayChange, undefined);
    const faint = verdict === "undecided" ? `${name}: ${why}` : undefined;
    return { name, ...defined({ why, faint }), verdict, distance: distance(a, b) };
  }
  const { verdict, why } = judge(a, b, error, tolerance);
  const zeros = judge(a, new Float64Array(a.length), error, tolerance);
  const faint = zeros.verdict === "right" && largestOf(a) > 0 ? faintText(name, a, zeros) : undefined;
  return { name, ...defined({ why, faint }), verdict, distance: distance(a, b) };
}

/** Why the model itself, of inputs that rounding moved, gives an output that is as far off; undefined where it doesn't. */
async function whyReselected(
  { name, why }: ComparedOutput,
  { original }: Sessions,
  { feeds, errors }: Runs,
  tolerance: Tolerance,
): Promise<string | undefined> {
  const error = errors.get(name);
  const isFar = (x: ArrayLike<number>, y: ArrayLike<number>): boolean =>
    error !== undefined && judge(x, y, error, tolerance).verdict === "wrong";
  const unstable = await unstableSelection(original, feeds, name, tolerance.precision, isFar);
  return unstable && `${name}: ${why}: ${unstable}`;
}

/** The largest of the outputs' distances; why nothing is shown where that is so of all outputs, or where one was selected anew. */
function summaryOf(compared: readonly ComparedOutput[]): Omit<RewriteVerification, "of" | "ok"> {
  const { maxAbs, maxRel, cosine } = compared
    .map((each) => each.distance)
    .reduce((a, b) => (b.maxRel > a.maxRel ? b : a));
  const faint = compared.flatMap((each) => each.faint ?? []);
  const [reselected] = compared.flatMap((each) => each.reselected ?? []);
  const undecided = reselected ?? (faint.length === compared.length ? faint[0] : undefined);
  return { maxAbs, maxRel, cosine, ...defined({ undecided }) };
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

function differs(file: string, of: RewriteVerification["of"], { name, why }: ComparedOutput): CheckError {
  const what = of === "file" ? "the rewritten file" : "the gates that were found, lowered again,";
  return new CheckError([
    {
      code: "rewrite/differs",
      message: `${what} must give what ${file} gives, and its output ${name} differs: ${why}`,
    },
  ]);
}

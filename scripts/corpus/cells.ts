import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Tensor } from "onnxruntime-node";
import type { CliPool } from "./cli-pool.js";
import type { Counted } from "./counted.js";
import type { CorpusFile } from "./files.js";
import { differenceOf, type Finding, unchecked, unrun, worstOf, wrong } from "./finding.js";
import { differenceOfCounts, type Given } from "./given.js";
import { readNpy } from "./npy.js";
import type { Oracle } from "./oracle.js";
import type { CliRun } from "./protocol.js";
import { apart, numbersOf, runtimeAnswer } from "./runtime.js";

/**
 * What came of a command. `nothing`: it was right to refuse, as there is nothing to do, such as to swap gates where there are none.
 * `unchecked`: a result that there is nothing to compare with. `wrong`: one that isn't true, a defect of ecagen's (exit code 70), a
 * process that died.
 */
export interface Cell {
  readonly status: "ok" | "nothing" | "unchecked" | "refused" | "wrong";
  readonly why?: string;
  readonly ms: number;
}

/** A command of the survey: its arguments, or why there is nothing to do, and what is found against its result. */
interface Command {
  args(path: string, given: Given): Promise<readonly string[] | string> | readonly string[] | string;
  check(report: Report, context: Context): Promise<Finding | undefined> | Finding | undefined;
}

/** What a command printed with --json. */
type Report = Readonly<Record<string, unknown>>;

export interface Context {
  readonly file: CorpusFile;
  readonly given: Given;
  readonly folder: string;
  readonly oracle: Oracle;
  readonly pool: CliPool;
}

/** Parts of the largest number of an output by which another order of float32 sums may move it, and half precision. */
const ROUNDING = 1e-3;
const HALF_ROUNDING = 0.1;

/** ONNX Runtime adds in another order where numbers lie elsewhere in memory. Whole numbers stay the same. */
const MEMORY_ROUNDING = 1e-6;

/** `verify` is ended by then: it evaluates the network in float64. Large networks need minutes, and more beside other work. */
const VERIFY_SECONDS = 1800;

export const COMMANDS = {
  inspect: {
    args: (path) => ["inspect", path],
    check: ({ inputs, outputs, opset }, { given: { described } }) =>
      differenceOf("opset", opset, described.opset) ??
      differenceOf(
        "inputs",
        namesOf(inputs),
        described.inputs.map(({ name }) => name),
      ) ??
      differenceOf(
        "outputs",
        namesOf(outputs),
        described.outputs.map(({ name }) => name),
      ),
  },
  stats: {
    args: (path) => ["stats", path],
    check: (report, { given }) => differenceOfCounts(report as unknown as Counted, given),
  },
  diff: {
    args: (path) => ["diff", path, path],
    check: ({ changes, computeTheSame }) =>
      differenceOf("changes", changes, []) ?? differenceOf("computeTheSame", computeTheSame, true),
  },
  verify: {
    args: (path) => ["verify", path, "--timeout", String(VERIFY_SECONDS)],
    check: ({ verdict }) => differenceOf("verdict", verdict, "right"),
  },
  copy: {
    args: (path) => ["rewrite", path, "-o", "copy.onnx"],
    check: (_report, { file, folder }) =>
      readFileSync(file.path).equals(readFileSync(join(folder, "copy.onnx")))
        ? undefined
        : wrong("it has other bytes"),
  },
  simplify: {
    args: (path) => ["rewrite", path, "--passes", "simplify", "-o", "simplified.onnx"],
    check: (_report, context) => sameOutputs("simplified.onnx", ROUNDING, context),
  },
  swap: {
    args: (path) => ["rewrite", path, "--swap", "any=eca", "-o", "swapped.onnx"],
    check: async (report, context) =>
      differenceOf("gates", (report.raised as unknown[]).length, context.file.gates) ??
      (await acceptedAndCounted("swapped.onnx", report as unknown as Counted, context)) ??
      (await sameOutputs("swapped.onnx", Number.POSITIVE_INFINITY, context)),
  },
  fp16: {
    args: (path) => ["rewrite", path, "--precision", "fp16", "-o", "half.onnx"],
    check: (_report, context) => sameOutputs("half.onnx", HALF_ROUNDING, context),
  },
  bench: {
    args: (path) => ["bench", path, "--processes", "1", "--runs", "1", "--warmup", "0"],
    check: ({ models }) =>
      (models as readonly { readonly medianMs: number }[]).every(({ medianMs }) => medianMs > 0)
        ? undefined
        : wrong("it has no time"),
  },
  "codegen ts": {
    args: (path) => ["codegen", path, "--lang", "ts", "-o", "ts"],
    check: (_report, { folder }) =>
      readdirSync(join(folder, "ts"), { recursive: true }).some((name) => String(name).endsWith("index.ts"))
        ? undefined
        : wrong("there is no index.ts"),
  },
  "codegen pytorch": {
    args: (path) => ["codegen", path, "--lang", "pytorch", "-o", "pytorch"],
    check: async (_report, { folder, oracle }) => {
      await oracle.python(join(folder, "pytorch", "model.py"));
      return undefined;
    },
  },
  run: {
    args: async (path, given) => {
      const [numbers, reference] = [await given.numbers(), await given.reference()];
      if (numbers.inputs === null) return "its inputs are no arrays of numbers";
      if ("refused" in reference) return unrun(reference.refused).why;
      const inputs = Object.entries(numbers.inputs).flatMap(([name, file]) => ["--input", `${name}=${file}`]);
      const outputs = Object.keys(reference.outputs).flatMap((name, i) => ["--output", `${name}=y${i}.npy`]);
      return ["run", path, ...inputs, ...outputs];
    },
    check: async (_report, { folder, given }) => {
      const [numbers, reference] = [await given.numbers(), await given.reference()];
      const expected = numbers.expected.map((file) => (file === null ? undefined : readNpy(file)));
      const own = "outputs" in reference ? Object.values(reference.outputs) : [];
      return worstOf(
        own.map(
          (tensor, i) =>
            differ(
              `output ${i}`,
              tensor,
              readNpy(join(folder, `y${i}.npy`)),
              given.described.draws ? Number.POSITIVE_INFINITY : sameRun(tensor),
            ) ??
            (expected[i] && runtimeDiffers(i, tensor, expected[i])),
        ),
      );
    },
  },
} as const satisfies Readonly<Record<string, Command>>;

export type CommandName = keyof typeof COMMANDS;

export const COMMAND_NAMES = Object.keys(COMMANDS) as readonly CommandName[];

/** Runs a command on a file, and judges what came of it. */
export async function cellOf(name: CommandName, context: Context): Promise<Cell> {
  const { file, given, folder, pool } = context;
  const command: Command = COMMANDS[name];
  if (file.group === "operators" && name.startsWith("codegen "))
    return { status: "nothing", why: "a model of one operator is no network", ms: 0 };
  const args = await command.args(file.path, given);
  if (typeof args === "string") return { status: "nothing", why: args, ms: 0 };
  const asked = [...args, ...inputFlags(name, file)];
  const runWith = (flags: readonly string[]): Promise<CliRun> =>
    pool.run([...asked, ...flags, "--json"], folder, VERIFY_SECONDS + 60);
  let run = await runWith([]);
  if (run.code === 2 && WITH_ARGUMENTS.has(name)) {
    const given = await argumentFlags(context);
    if (given.length > 0) run = await runWith(given);
  }
  const ms = Math.round(run.ms);
  const report = documentOf(run.stdout);
  const unsound = unsoundness(run, report);
  if (unsound !== undefined) return { status: "wrong", why: unsound, ms };
  if (report === undefined) return { status: "wrong", why: "what it prints is no JSON", ms };
  if (run.code === 2 && name === "swap" && !file.gates && codeOf(report) === "rewrite/no-gate")
    return { status: "nothing", why: "it has no gates", ms };
  if (run.code !== 0) return { ...((await unrunnable(report, given)) ?? refusal(run.code, report)), ms };
  const finding = await command.check(report, context);
  return { ...(finding ?? { status: "ok" }), ms };
}

const RUNNING: ReadonlySet<CommandName> = new Set(["verify", "simplify", "swap", "fp16", "bench"]);

/** Where sums of half precision overflow depends on the size of the maps: a file for one of them is not one for all. */
const FOR_ALL_SIZES: ReadonlySet<CommandName> = new Set(["fp16"]);

/** What a file's inputs have to be, where they can't be anything: `run` has arrays. */
function inputFlags(
  name: CommandName,
  { shapes = {}, runShapes = {}, values = {} }: CorpusFile,
): readonly string[] {
  if (name === "run") return [];
  const sized = Object.entries({
    ...shapes,
    ...(RUNNING.has(name) && !FOR_ALL_SIZES.has(name) ? runShapes : {}),
  }).flatMap(([input, sizes]) => ["--input-shape", `${input}=${sizes.join("x")}`]);
  const numbers = Object.entries(values).flatMap(([input, value]) => ["--input", `${input}=${value}`]);
  return [...sized, ...(RUNNING.has(name) ? numbers : [])];
}

/** Commands that draw inputs themselves. */
const WITH_ARGUMENTS: ReadonlySet<CommandName> = new Set(["verify", "bench"]);

/** More numbers than a command line is given. */
const MOST_ARGUMENTS = 2000;

/** ONNX's test data for all inputs of a model of one operator but the first: what in networks stands in the file, as axes and sizes. */
async function argumentFlags({ file, given }: Context): Promise<readonly string[]> {
  const { inputs } = await given.numbers();
  if (file.group !== "operators" || file.data === undefined || inputs === null) return [];
  return given.described.inputs.slice(1).flatMap(({ name }) => {
    const numbers = numbersOf(readNpy(inputs[name] ?? ""));
    const isWritten =
      numbers.length > 0 && numbers.length <= MOST_ARGUMENTS && numbers.every(Number.isFinite);
    return isWritten ? ["--input", `${name}=${[...numbers].join(",")}`] : [];
  });
}

/** What ONNX Runtime refuses when it is used directly, too. */
async function unrunnable(report: Report, given: Given): Promise<Finding | undefined> {
  if (!["run/refused", "run/failed"].includes(codeOf(report) ?? "")) return undefined;
  const [{ inputs }, reference] = [await given.numbers(), await given.reference()];
  return inputs !== null && "refused" in reference ? unrun(reference.refused) : undefined;
}

function documentOf(stdout: string): Report | undefined {
  try {
    return JSON.parse(stdout) as Report;
  } catch {
    return undefined;
  }
}

/** `34 % writing the model`: how far long work is, every few seconds. */
const PROGRESS = /^\d+ % /;

/** What no run may be: a defect, a process that ends by itself, anything on stderr beside the JSON and how far it is. */
function unsoundness({ code, stderr }: CliRun, report: Report | undefined): string | undefined {
  if (code === undefined) return stderr;
  if (code === 70) return messagesOf(report)[0] ?? "exit code 70";
  if (code !== 0 && code !== 1 && code !== 2) return `exit code ${code}`;
  const [said] = stderr.split("\n").filter((line) => line !== "" && !PROGRESS.test(line));
  return said === undefined ? undefined : `it prints on stderr: ${said}`;
}

function refusal(code: number | undefined, report: Report): Pick<Cell, "status" | "why"> {
  const [first] = messagesOf(report);
  if (report.verdict === "undecided")
    return { status: "refused", why: `it can't be told: ${(report.undecided as readonly string[])[0]}` };
  // A check that failed: of a file that is right, a false alarm, or a pass that broke it.
  if (code === 1 && !["rewrite/not-comparable", "run/timeout"].includes(codeOf(report) ?? ""))
    return { status: "wrong", why: first ?? `verdict ${report.verdict}` };
  return { status: "refused", why: first ?? `exit code ${code}` };
}

interface PrintedError {
  readonly code: string;
  readonly message: string;
}

function errorsOf(report: Report | undefined): readonly PrintedError[] {
  return (report?.errors ?? []) as readonly PrintedError[];
}

function messagesOf(report: Report | undefined): readonly string[] {
  return errorsOf(report).map(({ code, message }) => `${code}: ${message}`);
}

function codeOf(report: Report): string | undefined {
  return errorsOf(report)[0]?.code;
}

function namesOf(values: unknown): readonly string[] {
  return (values as readonly { readonly name: string }[]).map(({ name }) => name);
}

/** The written file, where the original is accepted: by onnx.checker, with the parameters that were reported. */
async function acceptedAndCounted(
  name: string,
  report: Counted,
  { folder, given, oracle }: Context,
): Promise<Finding | undefined> {
  const written = await oracle.describe(join(folder, name));
  if (given.described.checker === null && written.checker !== null)
    return wrong(`onnx.checker: ${written.checker}`);
  return differenceOf("parameters", report.parameters, written.parameters);
}

/**
 * Whether ONNX Runtime gives for the written file what it gives for the original, up to `tolerance`; what draws numbers draws the same in
 * both. In half precision only the types and sizes are compared there: a BatchNorm in training turns the rounding of two equal numbers into
 * ±1. A network that was left as it is needs no comparison.
 */
async function sameOutputs(
  name: string,
  tolerance: number,
  { file, folder, given, oracle }: Context,
): Promise<Finding | undefined> {
  const written = join(folder, name);
  if (await oracle.same(file.path, written)) return undefined;
  const numbers = await given.numbers();
  if (numbers.inputs === null) return unchecked("there are no numbers for its inputs");
  const { draws } = given.described;
  const allowed = draws && tolerance === HALF_ROUNDING ? Number.POSITIVE_INFINITY : tolerance;
  const isSeeded = draws && allowed < Number.POSITIVE_INFINITY;
  const [original, changed] = [join(folder, "original-seeded.onnx"), join(folder, `seeded-${name}`)];
  if (isSeeded) {
    await oracle.seed(file.path, original);
    await oracle.seed(written, changed);
  }
  const reference = await (isSeeded ? runtimeAnswer(original, numbers.inputs) : given.reference());
  if ("refused" in reference) return unrun(reference.refused);
  const answer = await runtimeAnswer(isSeeded ? changed : written, numbers.inputs);
  if ("refused" in answer) return wrong(`ONNX Runtime refuses what was written: ${answer.refused}`);
  return worstOf(
    Object.entries(reference.outputs).map(([output, tensor]) =>
      differ(`output ${output}`, tensor, answer.outputs[output], allowed),
    ),
  );
}

function sameRun({ type }: Tensor): number {
  return type.startsWith("float") ? MEMORY_ROUNDING : 0;
}

/** Where ONNX Runtime, used directly, gives something else than ONNX's data, the run can't be judged by these. */
function runtimeDiffers(i: number, tensor: Tensor, expected: Tensor): Finding | undefined {
  const difference = differ(`output ${i} of ONNX Runtime`, expected, tensor, ROUNDING);
  return difference && unchecked(`${difference.why}, compared with ONNX's data`);
}

function differ(what: string, a: Tensor, b: Tensor | undefined, tolerance: number): Finding | undefined {
  if (b === undefined) return wrong(`${what} is missing`);
  if (a.type === "string") return unchecked(`${what} is of texts`);
  const distance = apart(a, b);
  if (distance === undefined) return wrong(`${what} is ${b.type} [${b.dims}], not ${a.type} [${a.dims}]`);
  return distance <= tolerance
    ? undefined
    : wrong(`${what} is off by ${distance.toPrecision(2)} of its range`);
}

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Tensor } from "onnxruntime-node";
import type { CliPool } from "./cli-pool.js";
import { type Counted, differenceOf } from "./counted.js";
import type { CorpusFile } from "./files.js";
import { type Given, UNKNOWN } from "./given.js";
import { readNpy } from "./npy.js";
import type { Oracle } from "./oracle.js";
import type { CliRun } from "./protocol.js";
import { apart, runtimeAnswer } from "./runtime.js";

/**
 * What came of a command. `nothing`: it was right to refuse, as there is nothing to do, such as to swap gates where there are none.
 * `wrong`: a result that isn't true, a defect of ecagen's (exit code 70), a process that died.
 */
export interface Cell {
  readonly status: "ok" | "nothing" | "refused" | "wrong";
  readonly why?: string;
  readonly ms: number;
}

/** A command of the survey: its arguments, and what is wrong with its result, which is undefined for one that is right. */
interface Command {
  args(path: string, given: Given): readonly string[] | string;
  check(report: Report, context: Context): Promise<string | undefined> | string | undefined;
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
    check: (report, { given }) => given.differenceOfCounts(report as unknown as Counted),
  },
  diff: {
    args: (path) => ["diff", path, path],
    check: ({ changes, computeTheSame }) =>
      differenceOf("changes", changes, []) ?? differenceOf("computeTheSame", computeTheSame, true),
  },
  verify: {
    args: (path) => ["verify", path, "--timeout", "100"],
    check: ({ verdict }) => differenceOf("verdict", verdict, "right"),
  },
  copy: {
    args: (path) => ["rewrite", path, "-o", "copy.onnx"],
    check: (_report, { file, folder }) =>
      readFileSync(file.path).equals(readFileSync(join(folder, "copy.onnx")))
        ? undefined
        : "it has other bytes",
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
      Array.isArray(models) && models.every(({ medianMs }) => medianMs > 0) ? undefined : "it has no time",
  },
  "codegen ts": {
    args: (path) => ["codegen", path, "--lang", "ts", "-o", "ts"],
    check: (_report, { folder }) =>
      readdirSync(join(folder, "ts"), { recursive: true }).some((name) => String(name).endsWith("index.ts"))
        ? undefined
        : "there is no index.ts",
  },
  "codegen pytorch": {
    args: (path) => ["codegen", path, "--lang", "pytorch", "-o", "pytorch"],
    check: async (_report, { folder, oracle }) => {
      await oracle.python(join(folder, "pytorch", "model.py"));
      return undefined;
    },
  },
  run: {
    args: (path, { numbers, reference }) => {
      if (numbers.inputs === null) return "its inputs are no arrays of numbers";
      if ("refused" in reference) return `ONNX Runtime refuses it: ${reference.refused}`;
      const inputs = Object.entries(numbers.inputs).flatMap(([name, file]) => ["--input", `${name}=${file}`]);
      const outputs = Object.keys(reference.outputs).flatMap((name, i) => ["--output", `${name}=y${i}.npy`]);
      return ["run", path, ...inputs, ...outputs];
    },
    check: (_report, { folder, given: { reference, numbers } }) => {
      const expected = numbers.expected.map((file) => (file === null ? undefined : readNpy(file)));
      const own = "outputs" in reference ? Object.values(reference.outputs) : [];
      return own
        .map((tensor, i) => {
          const file = join(folder, `y${i}.npy`);
          return (
            differ(`output ${i}`, tensor, readNpy(file), 0) ??
            (expected[i] && differ(`output ${i} of ONNX's data`, expected[i], tensor, ROUNDING))
          );
        })
        .find((each) => each !== undefined);
    },
  },
} as const satisfies Readonly<Record<string, Command>>;

export type CommandName = keyof typeof COMMANDS;

export const COMMAND_NAMES = Object.keys(COMMANDS) as readonly CommandName[];

/** Runs a command on a file, and judges what came of it. */
export async function cellOf(name: CommandName, context: Context): Promise<Cell> {
  const { file, given, folder, pool } = context;
  const command: Command = COMMANDS[name];
  const args = command.args(file.path, given);
  if (typeof args === "string") return { status: "nothing", why: args, ms: 0 };
  const run = await pool.run([...args, "--json"], folder);
  const ms = Math.round(run.ms);
  const report = documentOf(run.stdout);
  const unsound = unsoundness(run, report);
  if (unsound !== undefined || report === undefined) return { status: "wrong", why: unsound ?? "", ms };
  if (run.code === 2 && name === "swap" && !file.gates && codeOf(report) === "rewrite/no-gate")
    return { status: "nothing", why: "it has no gates", ms };
  if (run.code !== 0) return { ...refusal(run.code, report), ms };
  const why = await command.check(report, context);
  if (why === undefined) return { status: "ok", ms };
  return { status: why.startsWith(UNKNOWN) ? "refused" : "wrong", why, ms };
}

function documentOf(stdout: string): Report | undefined {
  try {
    return JSON.parse(stdout) as Report;
  } catch {
    return undefined;
  }
}

/** What no run may be: a defect, a process that ends by itself, output that is no JSON, anything on stderr beside it. */
function unsoundness({ code, stderr }: CliRun, report: Report | undefined): string | undefined {
  if (code === undefined) return stderr;
  if (code === 70) return messagesOf(report)[0] ?? "exit code 70";
  if (code !== 0 && code !== 1 && code !== 2) return `exit code ${code}`;
  if (report === undefined) return "what it prints is no JSON";
  return stderr === "" ? undefined : `it prints on stderr: ${stderr.split("\n")[0]}`;
}

function refusal(code: number | undefined, report: Report): Pick<Cell, "status" | "why"> {
  const [first] = messagesOf(report);
  if (report.verdict === "undecided")
    return { status: "refused", why: `it can't be told: ${(report.undecided as readonly string[])[0]}` };
  // A check that failed: of a file that is right, a false alarm, or a pass that broke it.
  if (code === 1 && codeOf(report) !== "rewrite/not-comparable")
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
): Promise<string | undefined> {
  const written = await oracle.describe(join(folder, name));
  if (given.described.checker === null && written.checker !== null) return `onnx.checker: ${written.checker}`;
  return differenceOf("parameters", report.parameters, written.parameters);
}

/** Whether ONNX Runtime gives for the written file what it gives for the original, up to `tolerance`. */
async function sameOutputs(
  name: string,
  tolerance: number,
  { folder, given: { numbers, reference } }: Context,
): Promise<string | undefined> {
  if (numbers.inputs === null || "refused" in reference) return undefined;
  const answer = await runtimeAnswer(join(folder, name), numbers.inputs);
  if ("refused" in answer) return `ONNX Runtime refuses what was written: ${answer.refused}`;
  return Object.entries(reference.outputs)
    .map(([output, tensor]) => differ(`output ${output}`, tensor, answer.outputs[output], tolerance))
    .find((each) => each !== undefined);
}

function differ(what: string, a: Tensor, b: Tensor | undefined, tolerance: number): string | undefined {
  if (b === undefined) return `${what} is missing`;
  if (a.type === "string") return undefined;
  const distance = apart(a, b);
  if (distance === undefined) return `${what} is [${b.dims}], not [${a.dims}]`;
  return distance <= tolerance ? undefined : `${what} is off by ${distance.toPrecision(2)} of its range`;
}

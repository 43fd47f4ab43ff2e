import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import { parse } from "jsonc-parser";
import { packageRoot } from "../../src/files/package.js";
import { type CliPool, cliPool } from "../corpus/cli-pool.js";
import type { CliRun } from "../corpus/protocol.js";
import { SURVEY_COMMANDS, type Survey, type SurveyCell, type SurveyRow } from "./result.js";

/*
 * Runs the commands on the specs that are more than chains of shipped blocks, each as a user would, and writes what came out.
 *
 *     npm run networks-survey                       all of them
 *     npm run networks-survey -- yolov4 yolov8n     these; the results of the others stay
 *
 * It writes docs/networks-survey.json, of which `npm run generate` makes the page.
 */

/** Pixels of a side, or steps of a signal, of the networks that are run; more where they need more. */
const SMALL = 64;
const SIZES: Readonly<Record<string, number>> = { "inception-v3": 107, "ir-se50": 112, "unet-scse": 32 };
/** Of networks with a backbone of tens of millions of parameters that find things. */
const DETECTOR_SIZE = 32;

const OK: SurveyCell = { status: "ok" };

interface Counts {
  readonly parameters: number;
  readonly attentionParameters: number;
  readonly macs: number;
  readonly blocks: readonly { readonly attention: readonly string[] }[];
}

/** Runs all commands on one spec, in a folder of its own. */
async function cellsOf(name: string, pool: CliPool): Promise<SurveyRow["cells"]> {
  const folder = mkdtempSync(join(tmpdir(), "ecagen-survey-"));
  const spec = join(packageRoot(), "specs", `${name}.json`);
  const ecagen = (...args: string[]): Promise<CliRun> => pool.run(args, folder, 1800);
  try {
    const compiled = await ecagen("compile", spec, "-o", "full.onnx", "--json");
    rmSync(join(folder, "full.onnx"), { force: true });
    const small = writeSmall(name, folder);
    await ecagen("compile", small, "-o", "net.onnx");
    const counts = await ecagen("stats", spec, "--json");
    const all = counts.code === 0 ? gatesOf(JSON.parse(counts.stdout) as Counts) : [];
    const gates = all.filter((each) => !isNotSought(each)).length;
    return {
      compile: judged(compiled, () => true),
      stats: judged(counts, (report: Counts) => asExpected(spec, report)),
      diff: judged(
        await ecagen("diff", small, "net.onnx", "--json"),
        (report: { readonly computeTheSame: boolean }) => report.computeTheSame,
      ),
      verify: judged(
        await ecagen("verify", small, "--json"),
        (report: { readonly ok: boolean }) => report.ok,
      ),
      inspect: gates === 0 && all.length > 0 ? NOT_SOUGHT : await inspected(gates, ecagen),
      swap: await swapped(gates, ecagen),
      "codegen ts": judged(await ecagen("codegen", spec, "--lang", "ts", "-o", "ts", "--json"), () => true),
      "codegen pytorch": judged(
        await ecagen("codegen", spec, "--lang", "pytorch", "-o", "pytorch", "--json"),
        () => true,
      ),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What detectors in two stages look at, of which the interpreter's time depends. */
const FEW_REGIONS = { candidates: 60, detections: 4, regions: { proposals: { count: 12 } } };

/** The same network for small images or short signals, with few regions. */
function writeSmall(name: string, folder: string): string {
  const texts = withBases(name);
  const isSignal = texts.some((text) => text.includes('"length"'));
  const isDetector = texts.some((text) => text.includes('"heads"')) && !isLight(name);
  const [, size = isDetector ? DETECTOR_SIZE : SMALL] =
    Object.entries(SIZES).find(([prefix]) => name.startsWith(prefix)) ?? [];
  const input = isSignal ? { length: size } : { height: size, width: size };
  const file = join(folder, "small.json");
  const detection = texts.some((text) => text.includes('"regions"')) ? FEW_REGIONS : undefined;
  writeFileSync(file, JSON.stringify({ extends: name, input, detection }));
  return file;
}

/** The gates of a network, in words that begin with their type. */
function gatesOf({ blocks }: Counts): readonly string[] {
  return blocks.flatMap(({ attention }) => attention);
}

/** docs/raising.md has these. */
const isNotSought = (gate: string): boolean => /^(sk|aa)\b/.test(gate);

const NOT_SOUGHT: SurveyCell = {
  status: "refused",
  why: "selections of branches (sk) are not looked for in files (docs/raising.md)",
};

function inspected(gates: number, ecagen: (...args: string[]) => Promise<CliRun>): Promise<SurveyCell> {
  return ecagen("inspect", "net.onnx", "--json").then((run) =>
    judged(run, (report: { readonly raised: readonly unknown[] }) => report.raised.length === gates),
  );
}

/** Whether the counts are those that the spec's file expects. */
function asExpected(spec: string, report: Counts): boolean {
  const { expect } = parse(readFileSync(spec, "utf8")) as { readonly expect: Partial<Counts> };
  return Object.entries(expect).every(([key, value]) => report[key as keyof Counts] === value);
}

/** Gates that are exchanged in the file are ECA's in the new one, as many. */
async function swapped(gates: number, ecagen: (...args: string[]) => Promise<CliRun>): Promise<SurveyCell> {
  if (gates === 0) return { status: "none" };
  const rewritten = judged(
    await ecagen("rewrite", "net.onnx", "--swap", "any=eca", "-o", "swapped.onnx", "--json"),
    () => true,
  );
  if (rewritten.status !== "ok") return rewritten;
  return judged(
    await ecagen("inspect", "swapped.onnx", "--json"),
    ({ raised }: { readonly raised: readonly { readonly kind: string }[] }) =>
      raised.length === gates && raised.every(({ kind }) => kind === "eca"),
  );
}

/** A run as a cell: what it says must be true of its JSON. */
function judged<T>({ code, stdout, stderr }: CliRun, isRight: (report: T) => boolean): SurveyCell {
  if (code === 0)
    return isRight(JSON.parse(stdout) as T) ? OK : { status: "wrong", why: stdout.slice(0, 300) };
  const [first] = code === 2 ? messagesOf(stdout) : [];
  return first === undefined
    ? { status: "wrong", why: `exit code ${code}: ${(stderr || stdout).slice(0, 300)}` }
    : { status: "refused", why: first };
}

function messagesOf(stdout: string): readonly string[] {
  const { errors = [] } = JSON.parse(stdout) as { readonly errors?: readonly { readonly message: string }[] };
  return errors.map(({ message }) => message);
}

/** The small detectors, whose whole maps are looked at. */
function isLight(name: string): boolean {
  return /^(efficientdet|yolov5s|yolov8n|hrnet)/.test(name);
}

/** The text of a spec, and those of the specs that it extends. */
function withBases(name: string): readonly string[] {
  const text = readFileSync(join(packageRoot(), "specs", `${name}.json`), "utf8");
  const { extends: base } = parse(text) as { readonly extends?: string };
  return [text, ...(base === undefined ? [] : withBases(basename(base, ".json")))];
}

/** The specs that define blocks, or have a neck or heads, and those of signals; also by what they extend. */
function specsBeyondChains(): readonly string[] {
  return readdirSync(join(packageRoot(), "specs"))
    .filter((file) => file.endsWith(".json"))
    .map((file) => basename(file, ".json"))
    .filter((name) => withBases(name).some((text) => /"(blocks": \{|neck"|heads"|length")/.test(text)));
}

const RESULT = join(packageRoot(), "docs", "networks-survey.json");
const { positionals } = parseArgs({ allowPositionals: true });
const names = positionals.length > 0 ? positionals : specsBeyondChains();
const before = existsSync(RESULT) ? (JSON.parse(readFileSync(RESULT, "utf8")) as Survey) : {};
const rows = new Map(Object.entries(before));
const build = execFileSync("git", ["describe", "--always", "--dirty"], { encoding: "utf8" }).trim();
const pool = cliPool(1);
try {
  for (const name of names) {
    const cells = await cellsOf(name, pool);
    rows.set(name, { build, cells });
    const sorted = [...rows].toSorted(([a], [b]) => (a < b ? -1 : 1));
    writeFileSync(RESULT, `${JSON.stringify(Object.fromEntries(sorted), null, 1)}\n`);
    const said = SURVEY_COMMANDS.map((command) => `${command} ${cells[command].status}`).join(", ");
    process.stdout.write(`${name}: ${said}\n`);
    for (const { status, why } of Object.values(cells))
      if (status === "wrong") process.stdout.write(`  ${why}\n`);
  }
} finally {
  pool.close();
}

import { availableParallelism } from "node:os";
import { DeviceError, type Diagnostic, InputError } from "../../base/diagnostic.js";
import { count } from "../../base/numbers.js";
import { sha256Hex } from "../../base/sha256.js";
import { writeTextSync } from "../../files/atomic-file.js";
import { asOneRun } from "../../files/files-read.js";
import { readText } from "../../files/read-file.js";
import { refuseOutputs } from "../../files/refuse-outputs.js";
import { onTermination } from "../../files/termination.js";
import { loadSweep } from "../../language/sweep/load.js";
import type { RefuseSweep, Sweep } from "../../language/sweep/sweep.js";
import { type SweepVariant, variantsOf } from "../../language/sweep/variants.js";
import { ADD_RUNTIME, installedRuntime } from "../../runtime/installed.js";
import { type OpenedBase, openBases } from "./bases.js";
import type { SweepTask } from "./evaluate.js";
import { frontOf } from "./front.js";
import { refuseIdleAxes } from "./idle-axes.js";
import type { SweepReport } from "./report.js";
import { ResultsFile, type SweepHeader } from "./results.js";
import type { SweepRow } from "./row.js";

export interface SweepOptions {
  /** The file of results, JSON Lines. One that has some of the sweep gets the others. Default: none is written. */
  readonly output?: string | undefined;
  /** The file that gets the picture of the front, `.svg`. */
  readonly picture?: string | undefined;
  /** The file that gets the page: the front, and all variants. */
  readonly report?: string | undefined;
  /** Threads that compute. Default: as many as the machine runs at once; 1 where variants are timed. */
  readonly threads?: number | undefined;
  /** The URL of a Redis server with a queue: workers compute, and this process writes. */
  readonly queue?: string | undefined;
  /** A part of the variants: of each `of` one, from the `part`-th on, which is counted from 1. */
  readonly shard?: { readonly part: number; readonly of: number } | undefined;
  /** `part`: how much is done, from 0 to 1. */
  readonly onProgress?: ((message: string, part: number) => void) | undefined;
}

/**
 * Makes and counts the variants of a sweep:
 *
 *     SWEEP.json ─1─ read, checked ─2─ bases opened ─3─ variants ─4─ rows of an earlier run ─5─ the other rows, in threads ─6─ front
 *
 * Errors: `InputError` for a wrong sweep file, base or output. What is wrong with single variants is in their rows.
 */
export function sweep(file: string, options: SweepOptions = {}): Promise<SweepReport> {
  return asOneRun(() => sweepFile(file, options));
}

async function sweepFile(file: string, options: SweepOptions): Promise<SweepReport> {
  // 1: the file, and all that is wrong with it.
  const planned = loadSweep({ file, text: readText(file) });
  refuseOutputs([options.output, options.picture, options.report]);
  if (options.picture !== undefined && !/\.svg$/i.test(options.picture)) throw notSvg(options.picture);

  // 2 and 3: its bases, and the variants of them.
  const bases = openBases(planned);
  const all = plannedVariants(planned, bases);
  const header = headerOf(planned, all, options);
  const variants = all.filter(({ index }) => isIn(index, options));

  // 4: what an earlier run has found.
  const results = options.output === undefined ? undefined : ResultsFile.open(options.output, header);
  const found = results?.rows.length ?? 0;
  const stopListening = onTermination(() => results?.close());
  const rows = new Map(results?.rows.map((row) => [row.id, row]));
  try {
    // 5: the rest.
    const tasks = variants.filter(({ id }) => !rows.has(id)).map((each) => taskOf(each, planned, bases));
    const add = (row: SweepRow): void => {
      results?.add(row);
      rows.set(row.id, row);
    };
    await computed(tasks, header.hash, options, add, progressOf(found, variants.length, options));
  } finally {
    stopListening();
    results?.close();
  }

  // 6: what they come to.
  const report = reportOf(planned, header, variants, [...rows.values()], found, options);
  if (options.picture !== undefined) {
    const { sweepPicture } = await import("./picture.js");
    writeTextSync(options.picture, await sweepPicture(report, report.front));
  }
  if (options.report !== undefined) {
    const { sweepPage } = await import("./page.js");
    writeTextSync(options.report, await sweepPage(report));
  }
  return report;
}

function notSvg(file: string): InputError {
  return InputError.of("sweep/picture", `${file}: the picture of a sweep is written as .svg`, { file });
}

function plannedVariants(planned: Sweep, bases: readonly OpenedBase[]): readonly SweepVariant[] {
  const problems: Diagnostic[] = [];
  const { document } = planned;
  const refuse: RefuseSweep = (code, message, path, { hint, key = false } = {}) => {
    const range = key ? document.locateKey(path) : document.locate(path);
    problems.push({ code, message, path, range, hint });
  };
  refuseIdleAxes(planned, bases, refuse);
  const variants = variantsOf(
    planned,
    bases.map(({ facts }) => facts),
    refuse,
  );
  if (problems.length > 0) throw new InputError(problems);
  return variants;
}

function headerOf(planned: Sweep, variants: readonly SweepVariant[], { shard }: SweepOptions): SweepHeader {
  const { name, constraints, verify, bench } = planned;
  const what = [variants.map(({ id }) => id), constraints.map(({ text }) => text), verify, bench];
  return {
    ...{ name, hash: sha256Hex(JSON.stringify(what)), variants: variants.length },
    ...(shard === undefined ? {} : { shard: `${shard.part}/${shard.of}` }),
  };
}

/** Reads `2/8`. Errors: `InputError` for what is not a part of all. */
export function shardOf(text: string): NonNullable<SweepOptions["shard"]> {
  const [, part, of] = /^(\d{1,6})\/(\d{1,6})$/.exec(text)?.map(Number) ?? [];
  if (part !== undefined && of !== undefined && part >= 1 && part <= of) return { part, of };
  throw InputError.of("sweep/shard", `--shard ${text} is not a part of all`, {
    hint: "--shard 2/8, from 1/8 to 8/8",
  });
}

function isIn(index: number, { shard }: SweepOptions): boolean {
  return shard === undefined || index % shard.of === shard.part - 1;
}

function taskOf(variant: SweepVariant, planned: Sweep, bases: readonly OpenedBase[]): SweepTask {
  const base = bases[variant.base]?.base;
  if (base === undefined) throw new RangeError(`there is no base ${variant.base}`);
  const { constraints, verify, bench } = planned;
  return { variant, base, constraints, verify, bench };
}

/** Tasks that wait in the queue of each thread, so that none of them ever waits for this one. */
const TASKS_AHEAD = 4;

async function computed(
  tasks: readonly SweepTask[],
  sweep: string,
  options: SweepOptions,
  add: (row: SweepRow) => void,
  onRow: () => void,
): Promise<void> {
  if (tasks.length === 0) return;
  if (options.queue !== undefined) {
    const { queuedRows } = await import("./queue/queued-rows.js");
    options.onProgress?.("waiting for workers", 0);
    return await queuedRows(options.queue, sweep, tasks, (row) => {
      add(row);
      onRow();
    });
  }
  refuseMissingRuntime(tasks);
  const { startPool } = await import("./pool.js");
  // Runs that share the processor are slower than those that have it for themselves.
  const usual = tasks.some(({ bench }) => bench) ? 1 : availableParallelism();
  const threads = Math.min(options.threads ?? usual, tasks.length);
  const pool = startPool(threads);
  try {
    const waiting = tasks.values();
    const lane = async (): Promise<void> => {
      for (const task of waiting) {
        add(await pool.row(task));
        onRow();
      }
    };
    await Promise.all(Array.from({ length: threads * TASKS_AHEAD }, lane));
  } finally {
    await pool.close();
  }
}

/** No variant is to blame where nothing can be run. */
function refuseMissingRuntime(tasks: readonly SweepTask[]): void {
  if (installedRuntime() !== undefined || !tasks.some(({ verify, bench }) => verify || bench)) return;
  throw new DeviceError("no ONNX Runtime is installed, and variants can't be verified or timed", ADD_RUNTIME);
}

/** Says after each row how many there are, and how long the others will take at the pace of this run. */
function progressOf(found: number, total: number, { onProgress }: SweepOptions): () => void {
  const start = performance.now();
  let done = 0;
  return () => {
    done++;
    const seconds = ((performance.now() - start) / 1000 / done) * (total - found - done);
    const text = `${count(found + done)} of ${count(total)} variants, ${timeText(seconds)} left`;
    onProgress?.(text, (found + done) / total);
  };
}

/** `8 s`, `3 min`, `1 h 20 min` */
export function timeText(seconds: number): string {
  if (seconds < 60) return `${Math.ceil(seconds)} s`;
  const minutes = Math.ceil(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

function reportOf(
  { name, front }: Sweep,
  { hash }: SweepHeader,
  variants: readonly SweepVariant[],
  all: readonly SweepRow[],
  found: number,
  { output }: SweepOptions,
): SweepReport {
  const rows = all.toSorted((a, b) => a.index - b.index);
  const ofStatus = (status: SweepRow["status"]): readonly SweepRow[] =>
    rows.filter((row) => row.status === status);
  const [errors, unverified] = [ofStatus("error"), rows.filter(isUnverified)];
  return {
    ok: unverified.length === 0 && (rows.length === 0 || errors.length < rows.length),
    ...{ name, hash, output: output ?? null, variants: variants.length, found },
    ...{ kept: ofStatus("ok").length, rejected: ofStatus("rejected").length, errors: errors.length },
    front: frontOf(rows, front),
    ...{ rows, warnings: warningsOf(rows, errors, unverified) },
  };
}

function isUnverified({ verify }: SweepRow): boolean {
  return verify !== undefined && verify.verdict !== "right";
}

function warningsOf(
  rows: readonly SweepRow[],
  errors: readonly SweepRow[],
  unverified: readonly SweepRow[],
): readonly Diagnostic[] {
  const some = ({ length }: readonly SweepRow[]): string =>
    `${count(length)} of ${count(rows.length)} variants`;
  const [wrong] = unverified;
  const [problem] = errors[0]?.errors ?? [];
  return [
    ...(problem === undefined
      ? []
      : [
          {
            code: "sweep/variants",
            message: `${some(errors)} can't be made; the first: ${problem.message}`,
            hint: problem.hint,
          } as const,
        ]),
    ...(wrong === undefined
      ? []
      : [
          {
            code: "sweep/verify",
            message: `${some(unverified)} are not verified; the first, ${wrong.id}: ${wrong.verify?.verdict}`,
          } as const,
        ]),
  ];
}

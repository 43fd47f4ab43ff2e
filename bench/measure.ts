import { spawnSync } from "node:child_process";
import { performance } from "node:perf_hooks";

/** Prints the process's peak memory in KiB on stderr when it ends. */
const PEAK_MEMORY = `data:text/javascript,${encodeURIComponent(
  'process.on("exit", () => process._rawDebug("maxRSS " + process.resourceUsage().maxRSS))',
)}`;

export interface Measurement {
  readonly name: string;
  readonly medianMs: number;
  readonly minMs: number;
  /** Median time relative to that of the first command. */
  readonly ratio: number;
}

/**
 * Runs the commands in turn, `rounds` times, so that a busy machine slows all of them alike, and gives the
 * medians and their ratios to the first.
 */
export function interleaved(
  commands: Readonly<Record<string, readonly string[]>>,
  rounds: number,
): Measurement[] {
  const names = Object.keys(commands);
  const times = new Map<string, number[]>(names.map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const name of names) {
      const start = performance.now();
      run(commands[name] ?? []);
      times.get(name)?.push(performance.now() - start);
    }
  }
  const medians = names.map((name) => median(times.get(name) ?? []));
  return names.map((name, i) => ({
    name,
    medianMs: medians[i] as number,
    minMs: Math.min(...(times.get(name) ?? [])),
    ratio: (medians[i] as number) / (medians[0] as number),
  }));
}

/** Prints the seconds of processors that a process and its threads took on stderr when it ends. */
const PROCESSOR_TIME = `data:text/javascript,${encodeURIComponent(
  'process.on("exit", () => { const { user, system } = process.cpuUsage(); process._rawDebug("processor " + (user + system) / 1e6); })',
)}`;

/** Seconds by the wall, and of processors: those of a Node.js command and of the Node.js processes that it starts with its options. */
export function durations(args: readonly string[]): { readonly wall: number; readonly processors: number } {
  const start = performance.now();
  const { stderr } = run(["--import", PROCESSOR_TIME, ...args]);
  const processors = [...stderr.matchAll(/^processor (\S+)$/gm)].reduce(
    (sum, [, time]) => sum + Number(time),
    0,
  );
  return { wall: (performance.now() - start) / 1000, processors };
}

/** Peak memory of a Node.js command, in MB (10^6 bytes). */
export function peakMemory(args: readonly string[]): number {
  const { stderr } = run(["--import", PEAK_MEMORY, ...args]);
  return (Number(/maxRSS (\d+)/.exec(stderr)?.[1]) * 1024) / 1e6;
}

function run(args: readonly string[]): { stderr: string } {
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`node ${args.join(" ")} ended with ${status}: ${stderr}`);
  return { stderr };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

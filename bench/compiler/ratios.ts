import { spawnSync } from "node:child_process";
import { performance } from "node:perf_hooks";

/** A program with its arguments. */
export type Command = readonly [program: string, ...args: readonly string[]];

/** The middle of some numbers, and where their middle half begins and ends. */
export interface Quartiles {
  readonly lower: number;
  readonly median: number;
  readonly upper: number;
}

/**
 * How long `command` takes, as a multiple of `peer`: the two run in turn, so that a busy machine slows both, and each pair gives one ratio. The
 * first pair, in which caches fill, is not counted. Errors: `Error` where one of them fails.
 */
export function ratios(command: Command, peer: Command, rounds: number): readonly number[] {
  const pairs = Array.from({ length: rounds + 1 }, () => {
    const own = milliseconds(command);
    return own / milliseconds(peer);
  });
  return pairs.slice(1);
}

export function quartilesOf(values: readonly number[]): Quartiles {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (part: number): number => {
    const position = part * (sorted.length - 1);
    const [below = 0, above = below] = sorted.slice(Math.floor(position), Math.floor(position) + 2);
    return below + (above - below) * (position % 1);
  };
  return { lower: at(0.25), median: at(0.5), upper: at(0.75) };
}

/** Whether a command can be run and ends well. */
export function works([program, ...args]: Command): boolean {
  return spawnSync(program, args, { stdio: "ignore" }).status === 0;
}

/** The wall-clock time of a command, from its start to its end. Its output is read and thrown away. */
export function milliseconds(command: Command): number {
  const [program, ...args] = command;
  const start = performance.now();
  const { status, stderr } = spawnSync(program, args, { encoding: "utf8", maxBuffer: 2 ** 28 });
  const ms = performance.now() - start;
  if (status !== 0) throw new Error(`${command.join(" ")} ended with ${status}: ${stderr}`);
  return ms;
}

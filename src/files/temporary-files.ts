import { createHash, randomBytes } from "node:crypto";
import { readdirSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { hostname } from "node:os";
import { basename, dirname, join } from "node:path";

// While an output is written it has a temporary name beside its own, which says whose it is:
//
//     .NAME.ecagen-HOST-PID-START-RANDOM.tmp
//
// A killed process leaves it, and a later run that sees the process gone removes it. HOST stands for the machine and the
// process numbers that are valid there (containers have their own), START for the moment at which the process began: a number
// is used again. What another machine may be writing in a shared folder stays.

const PATTERN = /^\.(.+)\.ecagen-([0-9a-f]{8})-(\d+)-([0-9a-z]+)-[0-9a-f]{8}\.tmp$/su;
/** Of 255 bytes that a name may have. */
const LONGEST_NAME = 160;

/** A temporary name beside a file. */
export function temporaryFor(file: string): string {
  const name = Buffer.from(basename(file)).subarray(0, LONGEST_NAME).toString("utf8");
  return join(dirname(file), `.${name}.ecagen-${ownMark()}-${randomBytes(4).toString("hex")}.tmp`);
}

/** What tells this process from all others, here and on other machines: `HOST-PID-START`. */
export function ownMark(): string {
  return [hostMark(), process.pid, startOf(process.pid) ?? "0"].join("-");
}

/** Whether the process of a mark may still be there: no one can tell of those of another machine. */
export function mayBeAlive(mark: string): boolean {
  const [host, pid, start] = mark.split("-");
  return host !== hostMark() || isAlive(Number(pid), start);
}

/** A temporary file whose process is on this machine. */
interface Temporary {
  readonly path: string;
  /** The name of the output, or its beginning. */
  readonly name: string;
  readonly isAlive: boolean;
}

/** The temporary files in a folder; of a folder that can't be read none. */
export function temporaryFilesIn(folder: string): readonly Temporary[] {
  return namesIn(folder).flatMap((entry) => {
    const [, name, host, pid, start] = PATTERN.exec(entry) ?? [];
    if (name === undefined || host !== hostMark()) return [];
    return [{ path: join(folder, entry), name, isAlive: isAlive(Number(pid), start) }];
  });
}

/** Whether a name is that of a temporary file, of whatever machine. */
export function isTemporary(name: string): boolean {
  return PATTERN.test(name);
}

/** Removes what killed processes left in a folder. */
export function removeAbandoned(folder: string): void {
  for (const { path, isAlive } of temporaryFilesIn(folder)) {
    // One that another user's process left may not be ours to remove.
    if (!isAlive) attempt(() => rmSync(path, { force: true }));
  }
}

function isAlive(pid: number, start: string | undefined): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // A process of somebody else's lives too.
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
  }
  const now = startOf(pid);
  return now === undefined || start === "0" || now === start;
}

/** When a process began, where the system says it cheaply (Linux): the boot and the clock tick since. */
function startOf(pid: number): string | undefined {
  const boot = attempt(() => readFileSync("/proc/sys/kernel/random/boot_id", "utf8"));
  const status = attempt(() => readFileSync(`/proc/${pid}/stat`, "utf8"));
  if (boot === undefined || status === undefined) return undefined;
  // The name in parentheses may have blanks; the start is the 22nd field, the 20th after it.
  const ticks = status.slice(status.lastIndexOf(")") + 2).split(" ")[19];
  return `${digest(boot).slice(0, 8)}${ticks}`;
}

let host: string | undefined;

function hostMark(): string {
  const machine = attempt(() => readFileSync("/etc/machine-id", "utf8")) ?? "";
  const numbers = attempt(() => readlinkSync("/proc/self/ns/pid")) ?? "";
  host ??= digest([hostname(), machine, numbers].join("\n")).slice(0, 8);
  return host;
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function namesIn(folder: string): readonly string[] {
  return attempt(() => readdirSync(folder)) ?? [];
}

function attempt<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch {
    return undefined;
  }
}

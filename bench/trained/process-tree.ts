import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { performance } from "node:perf_hooks";

/** A command that has run. */
export interface RanCommand {
  readonly stdout: string;
  readonly seconds: number;
  /** The most memory that it and its processes had at a time, in MB (10^6 bytes); undefined where the system has no /proc. */
  readonly megabytes: number | undefined;
}

/** Milliseconds between two looks at the memory. */
const INTERVAL = 100;

/** Runs a Node.js command. Errors: with what it printed where it fails. */
export function runNode(args: readonly string[]): Promise<RanCommand> {
  const start = performance.now();
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
  const [stdout, stderr]: [string[], string[]] = [[], []];
  child.stdout.on("data", (data: Buffer) => stdout.push(data.toString()));
  child.stderr.on("data", (data: Buffer) => stderr.push(data.toString()));
  let most: number | undefined;
  const look = setInterval(() => {
    const now = memoryOf(child.pid ?? 0);
    if (now !== undefined) most = Math.max(most ?? 0, now);
  }, INTERVAL);
  return new Promise((resolve, reject) => {
    child.on("close", (code) => {
      clearInterval(look);
      const seconds = (performance.now() - start) / 1000;
      if (code === 0) resolve({ stdout: stdout.join(""), seconds, megabytes: most });
      else
        reject(new Error(`node ${args.join(" ")} ended with ${code}: ${stdout.join("")}${stderr.join("")}`));
    });
  });
}

/** The memory of a process and of those that it has started, in MB; undefined where that can't be read. */
function memoryOf(pid: number): number | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    const kilobytes = Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0);
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
    const theirs = children === "" ? [] : children.split(" ").map((child) => memoryOf(Number(child)) ?? 0);
    return theirs.reduce((a, b) => a + b, (kilobytes * 1024) / 1e6);
  } catch {
    return undefined;
  }
}

import { readdirSync, readFileSync } from "node:fs";

/** The command lines of the processes that mention a text, on Linux; not of this one. */
export function processesOf(text: string): readonly string[] {
  return readdirSync("/proc").flatMap((pid) => {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) return [];
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
      return command.includes(text) ? [command] : [];
    } catch {
      return []; // It has ended meanwhile.
    }
  });
}

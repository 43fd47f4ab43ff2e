import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";

export interface CliRun {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the built command line, as a user does, without colours. */
export function ecagen(args: readonly string[], env: Readonly<Record<string, string>> = {}): CliRun {
  if (!existsSync("dist/cli.js")) throw new Error("dist/cli.js is missing: npm run build");
  const { status, stdout, stderr } = spawnSync(process.execPath, ["dist/cli.js", ...args], {
    encoding: "utf8",
    maxBuffer: 2 ** 28,
    env: { ...process.env, FORCE_COLOR: undefined, NO_COLOR: "1", ...env },
  });
  return { code: status, stdout, stderr };
}

import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { PYTHON } from "../../scripts/python.js";

/**
 * Packs what is built, unpacks it as `folder/node_modules/ecagen` with this checkout's packages beside it, and gives the folder of programs that a shell needs
 * in its PATH: `ecagen`, `npx ecagen` and Debian's `python`.
 */
export function installPacked(folder: string): string {
  const text = execFileSync("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", folder], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  const [packed] = JSON.parse(text) as readonly { readonly filename: string }[];
  const installed = join(folder, "node_modules", "ecagen");
  mkdirSync(installed, { recursive: true });
  execFileSync("tar", [
    "-xzf",
    join(folder, packed?.filename ?? ""),
    "-C",
    installed,
    "--strip-components=1",
  ]);
  for (const each of readdirSync("node_modules").filter((name) => !name.startsWith(".")))
    symlinkSync(resolve("node_modules", each), join(folder, "node_modules", each));
  const programs = join(folder, "bin");
  mkdirSync(programs);
  const program = (name: string, line: string): void => {
    writeFileSync(join(programs, name), `#!/bin/sh\n${line}\n`);
    chmodSync(join(programs, name), 0o755);
  };
  program("ecagen", `exec "${process.execPath}" "${join(installed, "dist", "cli.js")}" "$@"`);
  program(
    "npx",
    '[ "$1" = ecagen ] || { echo "npx $1 is not for a test" >&2; exit 9; }\nshift\nexec ecagen "$@"',
  );
  program("python", `exec ${PYTHON} "$@"`);
  return programs;
}

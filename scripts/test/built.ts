import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";

/** What the programs in dist/ are made of. */
const SOURCES = ["src", "scripts/build.ts", "scripts/core-bundle", "package.json", "package-lock.json"];

/** Whether a program in dist/ of this folder is missing, or older than something that it is made of. */
export function isOutdated(root: string): boolean {
  const programs = ["cli.js", "index.js", "worker.js", "core.js"].map((name) => join(root, "dist", name));
  if (!programs.every((file) => existsSync(file))) return true;
  const built = Math.min(...programs.map(changedAt));
  return SOURCES.map((source) => join(root, source)).some((source) => lastChange(source) > built);
}

function changedAt(path: string): number {
  return statSync(path).mtimeMs;
}

/** The last change of a file, or in a folder; a folder itself changes when something in it is removed. */
function lastChange(path: string): number {
  if (!statSync(path).isDirectory()) return changedAt(path);
  return Math.max(changedAt(path), ...readdirSync(path).map((name) => lastChange(join(path, name))));
}

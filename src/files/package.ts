import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Defect } from "../base/diagnostic.js";

interface PackageFile {
  readonly name?: string;
  readonly version?: string;
}

/** The folder that ecagen is installed in: it holds package.json, specs/, templates/ and schema/. */
export function packageRoot(): string {
  found ??= findPackage();
  return found.root;
}

/** The version of ecagen. */
export function packageVersion(): string {
  found ??= findPackage();
  return found.version;
}

let found: { readonly root: string; readonly version: string } | undefined;

function findPackage(): { readonly root: string; readonly version: string } {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    const { name, version } = packageFile(folder) ?? {};
    if (name === "ecagen" && version !== undefined) return { root: folder, version };
    if (folder === dirname(folder)) throw new Defect("ecagen's package.json is not above its code");
  }
}

function packageFile(folder: string): PackageFile | undefined {
  const file = join(folder, "package.json");
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as PackageFile) : undefined;
}

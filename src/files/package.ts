import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Defect } from "../base/diagnostic.js";

interface PackageFile {
  readonly name: string;
  readonly version: string;
}

/** The folder that ecagen is installed in: it holds package.json, specs/, templates/ and schema/. */
export function packageRoot(): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    if (existsSync(join(folder, "package.json")) && packageFile(folder).name === "ecagen") return folder;
    if (folder === dirname(folder)) throw new Defect("ecagen's package.json is not above its code");
  }
}

/** The version of ecagen. */
export function packageVersion(): string {
  return packageFile(packageRoot()).version;
}

function packageFile(folder: string): PackageFile {
  return JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as PackageFile;
}

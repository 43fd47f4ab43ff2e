import { spawnSync } from "node:child_process";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import * as assert from "uvu/assert";
import { generateTypeScript } from "../../src/codegen/typescript/generate.js";
import { codegenSubject } from "../../src/driver/codegen/program.js";
import { specNetwork } from "../../src/given/spec-file.js";
import type { NetworkOptions } from "../../src/networks/spec-network.js";

/** The text files of the package of a spec, by path. */
export function packageTexts(spec: string, options: NetworkOptions = {}): ReadonlyMap<string, string> {
  const files = generateTypeScript(
    codegenSubject(specNetwork(spec, options), { ...options, batch: undefined }),
  );
  return new Map(files.flatMap((file) => ("text" in file ? [[file.path, file.text] as const] : [])));
}

/** Writes files into a folder. */
export function writeFiles(folder: string, files: ReadonlyMap<string, string>): void {
  for (const [path, text] of files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}

/** Compiles a generated package with TypeScript, as `npm run build` does after `npm install`; there may be no complaint. */
export function compilePackage(folder: string): void {
  symlinkSync(resolve("node_modules"), join(folder, "node_modules"), "junction");
  const compiler = resolve("node_modules/typescript/bin/tsc");
  const { status, stdout, stderr } = spawnSync(process.execPath, [compiler], {
    cwd: folder,
    encoding: "utf8",
  });
  assert.is(`${stdout}${stderr}`.trim(), "");
  assert.is(status, 0);
}

import { existsSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { runPython } from "../python.js";

/** Files that PyTorch exported, and those that it has no export of. */
export interface Exported {
  readonly files: readonly string[];
  readonly refused: readonly { readonly file: string; readonly why: string }[];
}

const PUBLISHED = scriptOf("published_networks");
const FAMILIES = scriptOf("small_families");
const STAGES = scriptOf("stages");

/** The names of the networks that `exportPublished` takes. */
export function publishedNames(): readonly string[] {
  return runPython(PUBLISHED, ["--list"]).stdout;
}

/** Exports a published network at each opset. */
export function exportPublished(name: string, folder: string): Exported {
  return exported(PUBLISHED, [name, folder]);
}

/** Exports a published network for images of 224 × 224, at opset 13. */
export function exportWhole(name: string, file: string, mode: "folded" | "training"): void {
  runPython(PUBLISHED, ["--whole", name, file, mode]);
}

/** The names of all files of the small families: family, opset, mode and sizes. */
export function familyFileNames(): readonly string[] {
  return runPython(FAMILIES, ["--list"]).stdout;
}

/** The files of a family, by their forms such as "13-folded-open", exported into a folder where they aren't there yet. */
export function exportFamily(family: string, folder: string, forms: readonly string[]): Exported {
  const names = forms.map((form) => join(folder, `${family}-${form}`));
  const missing = forms.filter(
    (_, i) => ![".onnx", ".txt"].some((extension) => existsSync(`${names[i]}${extension}`)),
  );
  if (missing.length > 0) runPython(FAMILIES, [family, folder, ...missing]);
  const has = (name: string): boolean => existsSync(`${name}.onnx`);
  return {
    files: names.filter(has).map((name) => `${name}.onnx`),
    refused: names
      .filter((name) => !has(name))
      .map((name) => ({ file: basename(name), why: readFileSync(`${name}.txt`, "utf8") })),
  };
}

/** Writes NETWORK.onnx and NETWORK.json, the stages of its module tree, for each network. */
export function exportStages(folder: string, networks: readonly string[]): void {
  runPython(STAGES, [folder, ...networks]);
}

function exported(script: string, args: readonly string[]): Exported {
  const { stdout, stderr } = runPython(script, args);
  const refused = stderr.flatMap((line) => {
    const [, file, why] = /^(\S+): (.*)$/.exec(line) ?? [];
    return file === undefined || why === undefined ? [] : [{ file, why }];
  });
  return { files: stdout, refused };
}

function scriptOf(name: string): string {
  return fileURLToPath(new URL(`${name}.py`, import.meta.url));
}

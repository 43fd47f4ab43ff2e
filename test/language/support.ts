import { type DiagnosticJson, diagnosticToJson, InputError } from "../../src/base/diagnostic.js";
import { parseSpecText, type ReadFile, readTextFile } from "../../src/files/spec-files.js";
import type { ResolvedBlock } from "../../src/language/blocks/registry.js";
import type { LoadedSpec } from "../../src/language/load.js";

/** Files that exist only in a test; everything else is read from the disk. */
export function readFrom(files: Readonly<Record<string, string>>): ReadFile {
  return (file) => files[file] ?? readTextFile(file);
}

/** A small valid spec with the given stages (JSON, one a line, from line 4 on) and more keys at its end. */
export function specText(stages: readonly string[], more: readonly string[] = []): string {
  const list = stages.join(",\n");
  return `{\n"stem": { "channels": 16 },\n"stages": [\n${list}\n]${more.map((each) => `,\n${each}`).join("")}\n}\n`;
}

export function parse(text: string, files: Readonly<Record<string, string>> = {}): LoadedSpec {
  return parseSpecText(text, "net.json", readFrom(files));
}

export function blocksOf(stages: readonly string[], more: readonly string[] = []): readonly ResolvedBlock[] {
  return parse(specText(stages, more)).resolved.blocks;
}

/** What is wrong with a text; fails where nothing is or where anything else than an InputError comes. */
export function problems(
  text: string,
  files: Readonly<Record<string, string>> = {},
): readonly DiagnosticJson[] {
  return problemsOf(() => parse(text, files));
}

export function problemsOf(load: () => unknown): readonly DiagnosticJson[] {
  try {
    load();
  } catch (error) {
    if (error instanceof InputError) return error.diagnostics.map(diagnosticToJson);
    throw error;
  }
  throw new Error("the spec was accepted");
}

/** `line:column message`, the short form that tables of problems are written in. */
export function briefly(found: readonly DiagnosticJson[]): readonly string[] {
  return found.map(({ line, column, message }) => `${line}:${column} ${message}`);
}

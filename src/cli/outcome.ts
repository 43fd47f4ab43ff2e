import {
  CheckError,
  Defect,
  DeviceError,
  type Diagnostic,
  diagnosticToJson,
  formatDiagnostic,
  formatWarning,
  InputError,
  readable,
} from "../base/diagnostic.js";
import { EXIT_CODES } from "../base/diagnostic-codes/family.js";
import { jsonText } from "../base/json-text.js";
import type { Table } from "../base/table.js";
import { oneVisibleLine } from "../base/visible-text.js";
import { asOneRun } from "../driver/command-line.js";
import { SCHEMA_VERSION } from "./json-documents.js";
import { print } from "./print.js";
import { type Format, tablesAs } from "./tables/forms.js";

/** What a command found: for machines, for people, and whether its checks held. */
export interface Outcome {
  readonly json: object;
  /** The document is no report but one of another format, which says its version itself, as a JSON Schema. */
  readonly isForeign?: boolean;
  readonly text: () => string | Promise<string>;
  /** Where the text goes; standard output by default, unless the command's result itself goes there. */
  readonly textOn?: "stdout" | "stderr";
  /** What `--format md`, `csv` and `latex` print, of commands that have the flag. */
  readonly tables?: PrintedTables;
  /** What the text says besides its tables, for stderr where only these are printed. */
  readonly beside?: () => string;
  /** What else people should know; printed on stderr. Machines find it in `json`. */
  readonly notes?: readonly string[];
  /** Printed on stderr; with `--json` the document's `warnings`. */
  readonly warnings?: readonly Diagnostic[];
  readonly ok?: boolean;
}

/** Tables, and, in some forms, another text of their own. */
export interface PrintedTables {
  readonly all: () => readonly Table[];
  readonly md?: () => string | Promise<string>;
  readonly csv?: () => string;
}

/**
 * Runs a command's work and prints what came of it: one JSON document on stdout with `--json`, else text.
 * Errors become diagnostics (on stderr, or in the JSON document) and the exit code; never a stack trace.
 */
export async function conclude(
  asJson: boolean,
  work: () => Outcome | Promise<Outcome>,
  format: Format = "text",
): Promise<void> {
  try {
    const outcome = await asOneRun(work);
    const { json, isForeign = false, notes = [], warnings, ok = true } = outcome;
    if (!asJson) for (const note of notes) print("stderr", `note: ${oneVisibleLine(note)}\n`);
    if (!asJson)
      for (const each of readable(warnings ?? [], MOST_DIAGNOSTICS))
        print("stderr", `${formatWarning(each)}\n`);
    const document = {
      ...(isForeign ? {} : { schemaVersion: SCHEMA_VERSION }),
      ...json,
      ...(warnings === undefined
        ? {}
        : { warnings: readable(warnings, MOST_DIAGNOSTICS).map(diagnosticToJson) }),
    };
    if (asJson) print("stdout", jsonText(document));
    else await printAs(format, outcome);
    process.exitCode = ok ? 0 : EXIT_CODES.failed;
  } catch (error) {
    fail(asJson, error);
  }
}

async function printAs(format: Format, { text, textOn = "stdout", tables, beside }: Outcome): Promise<void> {
  if (format === "text" || tables === undefined) {
    print(textOn, await text());
    return;
  }
  const other = format === "latex" ? undefined : tables[format];
  if (other !== undefined) {
    print("stdout", await other());
    return;
  }
  print("stdout", tablesAs(format, tables.all()));
  print("stderr", beside?.() ?? "");
}

/** Reports an error in the form that was asked for and sets the exit code. */
export function fail(asJson: boolean, error: unknown): void {
  const { code, diagnostics: all } = explain(error);
  const diagnostics = readable(all, MOST_DIAGNOSTICS);
  process.exitCode = code;
  if (asJson) {
    print(
      "stdout",
      jsonText({ schemaVersion: SCHEMA_VERSION, ok: false, errors: diagnostics.map(diagnosticToJson) }),
    );
  } else {
    print("stderr", `${diagnostics.map(formatDiagnostic).join("\n\n")}\n`);
  }
}

/** Diagnostics that are printed at most: a file with more mistakes is no file of its kind, and must not flood the terminal. */
const MOST_DIAGNOSTICS = 100;

function explain(error: unknown): { code: number; diagnostics: readonly Diagnostic[] } {
  if (error instanceof InputError) return { code: EXIT_CODES.refused, diagnostics: error.diagnostics };
  if (error instanceof CheckError) return { code: EXIT_CODES.failed, diagnostics: error.diagnostics };
  if (error instanceof DeviceError) return { code: EXIT_CODES.missing, diagnostics: error.diagnostics };
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  const where = error instanceof Error && !(error instanceof Defect) ? firstFrame(error) : undefined;
  const hint = "please report it with the command and the spec; it is not your mistake";
  return {
    code: EXIT_CODES.defect,
    diagnostics: [{ code: "ecagen/defect", message: `a defect of ecagen: ${message}${where ?? ""}`, hint }],
  };
}

/** The function that an unforeseen error comes from: enough for a report, without a stack trace. */
function firstFrame(error: Error): string | undefined {
  const frame = error.stack?.split("\n").find((line) => line.trimStart().startsWith("at "));
  const name = frame?.trim().match(/^at (?:async )?([\w.<>[\] ]+) \(/)?.[1];
  return name === undefined ? undefined : ` (in ${name})`;
}

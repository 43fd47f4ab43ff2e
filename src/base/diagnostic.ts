import type { DiagnosticCode } from "./diagnostic-codes/registry.js";
import { formatJsonPath, type JsonPath } from "./json-path.js";
import { count } from "./numbers.js";
import { codeFrame, positionAt, type SourceRange } from "./source.js";
import { oneVisibleLine } from "./visible-text.js";

/**
 * An error or warning about the input. `code` is stable and machine-readable
 * (`spec/unknown-key`), `message` says what is wrong and what was expected, `hint` what to do about it.
 */
export interface Diagnostic {
  readonly code: DiagnosticCode;
  readonly message: string;
  readonly path?: JsonPath | undefined;
  readonly range?: SourceRange | undefined;
  /** The file, if there is no place inside it to point to. */
  readonly file?: string | undefined;
  readonly hint?: string | undefined;
}

/** The form of a diagnostic that `--json` prints. */
export interface DiagnosticJson {
  readonly code: DiagnosticCode;
  readonly message: string;
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
  readonly path?: string;
  readonly hint?: string;
}

/** Problems of one file that are listed; a damaged one may have thousands. */
export const MOST_PROBLEMS = 20;

/** As many diagnostics as a person reads, and how many are left out. */
export function readable(diagnostics: readonly Diagnostic[], most = MOST_PROBLEMS): readonly Diagnostic[] {
  const more = diagnostics.length - most;
  if (more <= 0) return diagnostics;
  const message = `${count(more)} more of them, which are not shown`;
  const hint = "fix these first; the next run shows the rest";
  return [...diagnostics.slice(0, most), { code: "ecagen/more", message, hint }];
}

/** Invalid input: a spec, a file, a flag. Contains all problems that were found; the CLI exits with 2. */
export class InputError extends Error {
  override readonly name = "InputError";
  readonly diagnostics: readonly Diagnostic[];

  constructor(diagnostics: readonly Diagnostic[]) {
    super(diagnostics.map((each) => each.message).join("\n"));
    this.diagnostics = diagnostics;
  }

  /** @internal */
  static of(
    code: DiagnosticCode,
    message: string,
    more: Omit<Diagnostic, "code" | "message"> = {},
  ): InputError {
    return new InputError([{ code, message, ...more }]);
  }

  /**
   * What is wrong with one file, each with the same words before it, as far as it is `readable`.
   *
   * @internal
   */
  static ofFile(
    code: DiagnosticCode,
    file: string,
    what: string,
    problems: readonly string[],
    hint?: string,
  ): InputError {
    return new InputError(
      readable(problems.map((problem) => ({ code, message: `${file}${what}: ${problem}`, file, hint }))),
    );
  }
}

/** What `make` gives for each of some things. Errors: one `InputError` with the problems of all of them. */
export function forEachOrAllErrors<T, R>(
  things: readonly T[],
  make: (thing: T, index: number) => R,
): readonly R[] {
  const problems: Diagnostic[] = [];
  const made = things.flatMap((thing, i): R[] => {
    try {
      return [make(thing, i)];
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      problems.push(...error.diagnostics);
      return [];
    }
  });
  if (problems.length > 0) throw new InputError(problems);
  return made;
}

/** One of several things that may have the same mistake: `tensor "a"`, and what is wrong with it. */
export interface Problem {
  readonly subject: string;
  readonly reason: string;
}

/** Problems by their reasons, in the order in which these come first. */
export function byReason<P extends Problem>(problems: readonly P[]): readonly (readonly [P, ...P[]])[] {
  const groups = new Map<string, [P, ...P[]]>();
  for (const problem of problems) {
    const group = groups.get(problem.reason);
    if (group === undefined) groups.set(problem.reason, [problem]);
    else group.push(problem);
  }
  return [...groups.values()];
}

/** Problems of one reason as one message: `tensor "a" and 39 more: …`. */
export function sayTogether([{ subject, reason }, ...more]: readonly [Problem, ...Problem[]]): string {
  return `${subject}${more.length === 0 ? "" : ` and ${more.length} more`}: ${reason}`;
}

/** A failed check or expectation; the CLI exits with 1. */
export class CheckError extends Error {
  override readonly name = "CheckError";
  readonly diagnostics: readonly Diagnostic[];

  constructor(diagnostics: readonly Diagnostic[]) {
    super(diagnostics.map((each) => each.message).join("\n"));
    this.diagnostics = diagnostics;
  }
}

/** The requested device is not available; the CLI exits with 3. */
export class DeviceError extends Error {
  override readonly name = "DeviceError";
  readonly diagnostics: readonly Diagnostic[];

  constructor(message: string, hint: string) {
    super(message);
    this.diagnostics = [{ code: "device/unavailable", message, hint }];
  }
}

/** An invariant of ecagen itself is broken; the CLI exits with 70 and asks for a report. */
export class Defect extends Error {
  override readonly name = "Defect";
}

export function diagnosticToJson(diagnostic: Diagnostic): DiagnosticJson {
  const { code, message, path, range, hint } = diagnostic;
  const file = range?.source.file ?? diagnostic.file;
  return {
    code,
    message,
    ...(file === undefined ? {} : { file }),
    ...(range === undefined ? {} : positionAt(range.source, range.offset)),
    ...(path === undefined ? {} : { path: formatJsonPath(path) }),
    ...(hint === undefined ? {} : { hint }),
  };
}

/**
 * Formats a diagnostic as text:
 *
 *     specs/a.json:4:16: error: unknown block "inverted-residul" [spec/unknown-block]
 *       at $.stages[1].block
 *
 *     4 |   { "block": "inverted-residul" }
 *       |              ^^^^^^^^^^^^^^^^^^
 *       hint: did you mean "inverted-residual"?
 */
export function formatDiagnostic(diagnostic: Diagnostic): string {
  return formatAs("error", diagnostic);
}

/** The same of something that didn't keep the work from being done. */
export function formatWarning(diagnostic: Diagnostic): string {
  return formatAs("warning", diagnostic);
}

function formatAs(severity: "error" | "warning", diagnostic: Diagnostic): string {
  const json = diagnosticToJson(diagnostic);
  const place = [json.file, json.line, json.column].filter((part) => part !== undefined).join(":");
  const lines = [
    `${place === "" ? "" : `${oneVisibleLine(place)}: `}${severity}: ${oneVisibleLine(shortened(json.message))} [${json.code}]`,
  ];
  if (json.path !== undefined) lines.push(`  at ${oneVisibleLine(shortened(json.path))}`);
  if (diagnostic.range !== undefined) lines.push("", codeFrame(diagnostic.range));
  if (json.hint !== undefined)
    lines.push(`  hint: ${shortened(json.hint).split("\n").map(oneVisibleLine).join("\n  ")}`);
  return lines.join("\n");
}

/** Characters of a text that are printed: a name in it may be as long as the file that it comes from. */
const MOST_CHARACTERS = 4000;
const ENDS = 0.1;

/** A text without its middle where nobody would read it all. */
function shortened(text: string): string {
  if (text.length <= MOST_CHARACTERS) return text;
  const end = text.slice(-MOST_CHARACTERS * ENDS);
  return `${text.slice(0, MOST_CHARACTERS * (1 - ENDS))} […] ${end}`;
}

import * as assert from "uvu/assert";
import { type Diagnostic, type DiagnosticJson, diagnosticToJson } from "../src/base/diagnostic.js";

/** What the first diagnostic of an error must say. */
export type Expected = Partial<Omit<DiagnosticJson, "message" | "hint">> & { readonly hint?: RegExp };

/** Compares an error with its class, its message, and what its first diagnostic must say: code, place, hint. */
function checkError(
  error: unknown,
  kind: abstract new (...args: never[]) => Error,
  message: RegExp,
  expected: Expected,
): void {
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  assert.instance(error, kind, `not ${kind.name}, but ${stack}`);
  assert.ok(message.test((error as Error).message), `${message} is not in the message: ${stack}`);
  const { hint, ...exact } = expected;
  if (hint === undefined && Object.keys(exact).length === 0) return;
  const [diagnostic] = (error as { readonly diagnostics?: readonly Diagnostic[] }).diagnostics ?? [];
  assert.ok(diagnostic, `${kind.name} has no diagnostic`);
  const said = diagnosticToJson(diagnostic);
  assert.equal(
    Object.fromEntries(Object.keys(exact).map((key) => [key, said[key as keyof Expected]])),
    exact,
  );
  if (hint !== undefined) assert.match(said.hint ?? "", hint);
}

/** `run` throws an error of this class with this message; a defect such as a TypeError is not taken for one. */
export function throwsError<E extends Error>(
  run: () => unknown,
  kind: abstract new (...args: never[]) => E,
  message: RegExp,
  expected: Expected = {},
): void {
  try {
    run();
  } catch (error) {
    checkError(error, kind, message, expected);
    return;
  }
  assert.unreachable(`${kind.name} ${message} is not thrown`);
}

/** As `throwsError`, of what is rejected later. */
export async function rejectsError<E extends Error>(
  run: () => Promise<unknown>,
  kind: abstract new (...args: never[]) => E,
  message: RegExp,
  expected: Expected = {},
): Promise<void> {
  try {
    await run();
  } catch (error) {
    checkError(error, kind, message, expected);
    return;
  }
  assert.unreachable(`${kind.name} ${message} is not thrown`);
}

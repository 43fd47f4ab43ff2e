/** In place of Node's assert in packages that assert their own invariants: yargs by the names, minizlib by the default. */
// biome-ignore lint/style/noDefaultExport: as the module has it.
export default function assert(holds: unknown, message = "an assertion does not hold"): void {
  if (!holds) throw new Error(String(message));
}

export function strictEqual(actual: unknown, expected: unknown, message?: string): void {
  assert(Object.is(actual, expected), message);
}

export function notStrictEqual(actual: unknown, expected: unknown, message?: string): void {
  assert(!Object.is(actual, expected), message);
}

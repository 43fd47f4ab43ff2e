declare global {
  /** The tests of a file that are skipped; the runner makes the list. */
  var skippedTests: string[] | undefined;
}

/**
 * Says that a test is skipped since something is missing, in the loud line that the runner counts. Where all that tests
 * need could be installed, CI takes it for a failure.
 */
export function skip(name: string, because: string): void {
  globalThis.skippedTests?.push(name);
  console.warn(`\n!!! SKIPPED, because ${because}: ${name}\n`);
}

import { type Callback, type Test, suite as uncountedSuite } from "uvu";
import type { FileResult } from "./result.js";

/**
 * uvu's suite, with everything counted that uvu keeps silent about: tests that were registered and never ran, hooks that
 * threw, `.only` and `.skip`. There is no suite without a name here, as files share their process.
 */

let current: FileResult | undefined;

/** Suites that are made from now on are those of this file. */
export function collect(file: string): FileResult {
  current = { file, registered: 0, ran: 0, passed: 0, seconds: 0, problems: [] };
  return current;
}

export function suite<T>(title = "", context?: T): Test<T> {
  const result = current;
  if (result === undefined) throw new Error("a suite is made outside of a test file");
  const inner = uncountedSuite(title, context);

  const counted =
    (body: Callback<T>): Callback<T> =>
    async (given) => {
      result.ran++;
      await body(given);
      result.passed++;
    };
  const watched =
    (hook: string, add: (body: Callback<T>) => void) =>
    (body: Callback<T>): void =>
      add(async (given) => {
        try {
          await body(given);
        } catch (error) {
          const said = error instanceof Error ? (error.stack ?? error.message) : String(error);
          result.problems.push(`the hook ${hook} of "${title}" threw ${said}`);
          throw error;
        }
      });
  const register = (name: string, body: Callback<T>): void => {
    result.registered++;
    inner(name, counted(body));
  };
  return Object.assign(register, {
    only(name: string, body: Callback<T>): void {
      result.problems.push(`"${name}" is registered by .only, which is for the time of writing`);
      register(name, body);
    },
    skip(name = ""): void {
      result.problems.push(
        `"${name}" is skipped by .skip; skip() of test/skip.ts says why, where CI sees it`,
      );
    },
    before: Object.assign(watched("before", inner.before), {
      each: watched("before.each", inner.before.each),
    }),
    after: Object.assign(watched("after", inner.after), { each: watched("after.each", inner.after.each) }),
    run: inner.run,
  });
}

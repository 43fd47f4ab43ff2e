import { forEachOrAllErrors } from "../base/diagnostic.js";
import { refuseOverwriting } from "./refuse-overwriting.js";
import { refuseUnwritable } from "./writable-target.js";

/**
 * Refuses outputs before the work that they are for: those that `refuseOverwriting` refuses, and those at places where nothing can be
 * written.
 *
 * Errors: `InputError` with all such outputs.
 */
export function refuseOutputs(outputs: readonly (string | undefined)[]): void {
  refuseOverwriting(outputs);
  forEachOrAllErrors(
    outputs.filter((file) => file !== undefined),
    refuseUnwritable,
  );
}

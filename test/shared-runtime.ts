import type { Test } from "uvu";
import { type Runtime, startRuntime } from "../src/runtime/session.js";

/** One process of ONNX Runtime for all tests of a suite, each of which would start one. Gives it while they run. */
export function sharedRuntime<T>(test: Test<T>): () => Runtime {
  let runtime: Runtime | undefined;
  test.before(async () => {
    runtime = await startRuntime();
  });
  test.after(() => runtime?.close());
  return () => {
    if (runtime === undefined) throw new Error("the tests have not begun");
    return runtime;
  };
}

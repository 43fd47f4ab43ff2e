import { type Runtime, startRuntime } from "../../src/runtime/session.js";

/**
 * ONNX Runtime with one thread for each model. Threads that wait for each other cost more than these small networks, most of
 * all on a busy machine.
 */
export async function startOnOneThread(): Promise<Runtime> {
  const runtime = await startRuntime();
  return {
    ...runtime,
    open: (model, options, name) => runtime.open(model, { ...options, threads: 1 }, name),
  };
}

import { availableParallelism } from "node:os";
import type { InferredOptionTypes, Options } from "yargs";
import { TARGETS } from "../driver/command-line.js";
import { wholeNumber } from "./options.js";

/** The flags about the device that a model is written for. */
export const targetFlags = {
  target: {
    requiresArg: true,
    choices: [...TARGETS, "auto"] as const,
    default: "portable" as const,
    describe:
      "Device that the gates are written for; cpu writes each in the form that is fastest in ONNX Runtime, auto is cpu with as many threads as this machine runs at once",
  },
  threads: {
    type: "number",
    requiresArg: true,
    coerce: wholeNumber("threads", 1, 1024),
    describe: "With --target cpu: threads that the model will run with [default: 1]",
  },
} as const satisfies Record<string, Options>;

/** Their values, as the driver takes them. */
export function targetOptions({ target, threads }: InferredOptionTypes<typeof targetFlags>) {
  return target === "auto"
    ? { target: "cpu" as const, threads: threads ?? availableParallelism() }
    : { target, threads };
}

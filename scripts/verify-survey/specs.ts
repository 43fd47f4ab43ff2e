import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { InputError } from "../../src/base/diagnostic.js";
import { verify } from "../../src/driver/verify/verify.js";
import type { Runtime } from "../../src/runtime/session.js";
import type { RefusedFile, SpecCase } from "./cases.js";
import { outcomeOf } from "./outcome.js";
import { specOfSeed } from "./random-spec.js";

/** Verifies the random spec of a seed, whose weights and images have that seed as well. */
export async function verifySpec(
  runtime: Runtime,
  seed: number,
  folder: string,
): Promise<SpecCase | RefusedFile> {
  const file = writeSpec(seed, folder);
  try {
    return { part: "spec", seed, ...outcomeOf(await verify(file, { seed, runtime })) };
  } catch (error) {
    if (error instanceof InputError && error.diagnostics[0]?.code === "run/refused") {
      return { part: "refused", file: `spec ${seed}`, by: "ONNX Runtime", why: error.diagnostics[0].message };
    }
    // The spec is valid: to refuse it is as wrong as to call it so.
    const { name, message } = error as Error;
    return { part: "spec", seed, said: "wrong", why: [`${name}: ${message}`], ratio: null };
  } finally {
    rmSync(file);
  }
}

/** Writes the random spec of a seed. Gives the file. */
export function writeSpec(seed: number, folder: string): string {
  const file = join(folder, `spec-${seed}.json`);
  writeFileSync(file, specOfSeed(seed));
  return file;
}

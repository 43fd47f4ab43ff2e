import { basename } from "node:path";
import { InputError } from "../../src/base/diagnostic.js";
import { type VerifyOptions, verify } from "../../src/driver/verify/verify.js";
import type { FileCase, RefusedFile } from "./cases.js";
import { outcomeOf } from "./outcome.js";

/** Verifies an exported file. */
export async function verifyFile(path: string, options: VerifyOptions): Promise<FileCase | RefusedFile> {
  const file = basename(path, ".onnx");
  try {
    return { part: "file", file, ...outcomeOf(await verify(path, options)) };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return { part: "refused", file, by: "ecagen", why: error.diagnostics[0]?.message ?? "" };
  }
}

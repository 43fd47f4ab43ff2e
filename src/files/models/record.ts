import { type BigIntStats, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { ByteRange } from "../../base/bytes.js";
import { externalLocations } from "../../onnx/file/external-locations.js";
import { WireProblem } from "../../onnx/file/wire.js";
import { recordRead } from "../files-read.js";
import { RandomAccessFile } from "../random-access-file.js";

/**
 * Notes that who reads the model `file` reads the files that it names too: now, later, or in the process of ONNX Runtime.
 * What is no model, and names of what isn't there, get their messages from the reader.
 */
export function recordExternalFiles(range: ByteRange, file: string): void {
  for (const location of locationsOf(range)) {
    const path = resolve(dirname(file), location);
    const status = statusOf(path);
    if (status !== undefined) recordRead(path, status);
  }
}

/** Notes that a model file and all that it names are read, by somebody else than this process. Errors: as of opening it. */
export function recordModel(file: string): void {
  const range = RandomAccessFile.open(file);
  try {
    recordExternalFiles(range, file);
  } finally {
    range.close();
  }
}

function locationsOf(range: ByteRange): ReadonlySet<string> {
  try {
    return externalLocations(range);
  } catch (error) {
    if (error instanceof WireProblem) return new Set();
    throw error;
  }
}

function statusOf(path: string): BigIntStats | undefined {
  try {
    return statSync(path, { bigint: true });
  } catch {
    return undefined;
  }
}

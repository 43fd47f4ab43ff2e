import { createReadStream, mkdtempSync, readSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { InputError } from "../base/diagnostic.js";
import { MAX_FILE_SIZE, tooLarge } from "../language/json-tree.js";
import { onTermination } from "./termination.js";

/** The name of standard input among inputs, and of standard output among outputs. A file of this name is `./-`. */
const STREAM = "-";

/** What messages, and a network without a name, call standard input. */
export const STANDARD_INPUT = "stdin";

/** Whether a user means standard input or output, and no file. */
export function isStream(file: string | undefined): boolean {
  return file === STREAM;
}

/** An output that is a file; undefined for standard output. */
export function fileAmong(output: string | undefined): string | undefined {
  return isStream(output) ? undefined : output;
}

let input: Uint8Array | undefined;

/**
 * All bytes of standard input. They are read once in a process: who names it twice gets the same.
 *
 * Errors: `InputError` where it is closed, and for more than a spec may have.
 */
export function readStandardInput(): Uint8Array {
  input ??= drained();
  return input;
}

const PIECE = 1 << 16;
const DESCRIPTOR = 0;
const RETRY_MS = 10;

function drained(): Uint8Array {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const piece = new Uint8Array(PIECE);
    const count = readSome(piece);
    if (count === 0) return Buffer.concat(pieces);
    pieces.push(piece.subarray(0, count));
    size += count;
    // It may have no end.
    if (size > MAX_FILE_SIZE) throw tooLarge(STANDARD_INPUT);
  }
}

/** Bytes of standard input, as many as there are; 0 at its end. */
function readSome(piece: Uint8Array): number {
  for (;;) {
    try {
      return readSync(DESCRIPTOR, piece, 0, piece.length, null);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // So Windows says that a pipe is closed.
      if (code === "EOF") return 0;
      if (code !== "EAGAIN") {
        throw InputError.of("file/unreadable", `standard input can't be read (${code})`, {
          file: STANDARD_INPUT,
        });
      }
      // Who started this process made it one that does not wait.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS);
    }
  }
}

/**
 * Has a model written to an output. To standard output go all of its bytes, or none where the work fails.
 *
 * @param write makes the file at the path that it is given
 *
 * Errors: those of `write`; `InputError` for a model of several files on standard output.
 */
export async function toOutput<T extends { readonly externalData?: unknown }>(
  output: string,
  write: (file: string) => Promise<T>,
): Promise<T> {
  if (!isStream(output)) return await write(output);
  const folder = mkdtempSync(join(tmpdir(), "ecagen-"));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  const stopListening = onTermination(remove);
  try {
    const file = join(folder, "output");
    const result = await write(file);
    if (result.externalData !== undefined) {
      throw InputError.of("file/stream", "a model with external data is no single file for standard output", {
        hint: "name a file: -o OUT.onnx",
      });
    }
    await sent(file);
    return result;
  } finally {
    stopListening();
    remove();
  }
}

async function sent(file: string): Promise<void> {
  try {
    await pipeline(createReadStream(file), process.stdout, { end: false });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    // A reader that has enough closes the pipe, as head does.
    if (code === "EPIPE" || code === "ERR_STREAM_PREMATURE_CLOSE") return;
    throw InputError.of("file/unwritable", `standard output can't be written: ${message}`);
  }
}

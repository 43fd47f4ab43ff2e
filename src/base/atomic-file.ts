import { randomBytes } from "node:crypto";
import { realpathSync, rmSync, statSync } from "node:fs";
import { type FileHandle, open, rename } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { InputError } from "./diagnostic.js";
import { onTermination } from "./termination.js";

/** Where the bytes of a file go, in order. */
export interface FileSink {
  /** Takes the bytes over at once; the caller may reuse their memory as soon as the promise is fulfilled. */
  write(bytes: Uint8Array): Promise<void>;
}

const BUFFER_BYTES = 1 << 20;

/**
 * Writes files so that each appears under its name as a whole or not at all: `write` fills temporary files
 * beside them, which take over the names after all of them are complete. On an error, on SIGINT, SIGTERM,
 * SIGHUP and at exit the temporary files are removed; what was under the names before stays. A killed process
 * can leave only a hidden file that ends in `.tmp`.
 *
 * Errors: `InputError` for a missing or unwritable directory, a full disk, and a name that is no regular file.
 */
export async function writeAtomically<T>(
  files: readonly string[],
  write: (...sinks: FileSink[]) => Promise<T>,
): Promise<T> {
  const pending: PendingFile[] = [];
  const discard = (): void => {
    for (const file of pending) file.removeSync();
  };
  const stopListening = onTermination(discard);
  try {
    for (const file of files) pending.push(await PendingFile.open(file));
    const result = await write(...pending);
    for (const file of pending) await file.complete();
    for (const file of pending) await file.publish();
    return result;
  } catch (error) {
    await Promise.allSettled(pending.map((file) => file.close()));
    discard();
    throw error;
  } finally {
    stopListening();
  }
}

/** A file that is being written under a temporary name. Fills one buffer while the other is on its way to the disk. */
class PendingFile implements FileSink {
  readonly #file: string;
  readonly #temporary: string;
  readonly #handle: FileHandle;
  #buffer = new Uint8Array(BUFFER_BYTES);
  #spare = new Uint8Array(BUFFER_BYTES);
  #filled = 0;
  #inFlight: Promise<void> = Promise.resolve();

  private constructor(file: string, temporary: string, handle: FileHandle) {
    this.#file = file;
    this.#temporary = temporary;
    this.#handle = handle;
  }

  static open(file: string): Promise<PendingFile> {
    return located(file, async () => {
      const target = writableTarget(file);
      const suffix = `${process.pid}-${randomBytes(4).toString("hex")}`;
      const temporary = join(dirname(target), `.${basename(target).slice(0, 200)}.${suffix}.tmp`);
      return new PendingFile(target, temporary, await open(temporary, "wx"));
    });
  }

  async write(bytes: Uint8Array): Promise<void> {
    for (let taken = 0; taken < bytes.length; ) {
      const part = bytes.subarray(taken, taken + BUFFER_BYTES - this.#filled);
      this.#buffer.set(part, this.#filled);
      this.#filled += part.length;
      taken += part.length;
      if (this.#filled === BUFFER_BYTES) await this.#flush();
    }
  }

  /** Writes what is left and closes the temporary file. */
  async complete(): Promise<void> {
    await this.#flush();
    await this.#inFlight;
    await located(this.#file, () => this.#handle.close());
  }

  publish(): Promise<void> {
    return located(this.#file, () => rename(this.#temporary, this.#file));
  }

  async close(): Promise<void> {
    await this.#inFlight.catch(() => undefined);
    await this.#handle.close();
  }

  removeSync(): void {
    rmSync(this.#temporary, { force: true });
  }

  async #flush(): Promise<void> {
    await this.#inFlight;
    const full = this.#buffer.subarray(0, this.#filled);
    [this.#buffer, this.#spare] = [this.#spare, this.#buffer];
    this.#filled = 0;
    this.#inFlight = located(this.#file, () => writeAll(this.#handle, full));
    // Its failure is reported by the next flush, which awaits it; until then it is no unhandled one.
    this.#inFlight.catch(() => undefined);
  }
}

async function writeAll(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done);
    done += bytesWritten;
  }
}

/**
 * The file that the name stands for, links followed. Only a regular file may be replaced, never a device or a
 * directory. Errors: `InputError` for those, and for a path that leads nowhere.
 */
export function writableTarget(file: string): string {
  try {
    const existing = statSync(file, { throwIfNoEntry: false });
    if (existing === undefined) return file;
    if (existing.isFile()) return realpathSync(file);
    const what = existing.isDirectory() ? "a directory" : "no regular file";
    throw InputError.of("file/not-a-file", `${file} is ${what}, so it can't be written`, { file });
  } catch (error) {
    throw unwritable(file, error);
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "its directory does not exist",
  ENOTDIR: "a part of its path is no directory",
  EACCES: "permission denied",
  EPERM: "permission denied",
  EROFS: "the file system is read-only",
  ENOSPC: "the disk is full",
  EDQUOT: "the disk quota is used up",
  ENAMETOOLONG: "the name is too long",
};

/** Runs `act`; what the operating system refuses becomes an error that names the file and the reason. */
async function located<T>(file: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw unwritable(file, error);
  }
}

/** An error of the operating system in words; any other as it is. */
function unwritable(file: string, error: unknown): unknown {
  const { code, message } = error as NodeJS.ErrnoException;
  if (error instanceof InputError || code === undefined) return error;
  return InputError.of("file/unwritable", `can't write ${file}: ${REASONS[code] ?? message}`, { file });
}

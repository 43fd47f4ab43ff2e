import { lstatSync, renameSync, rmSync, statSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { dirname } from "node:path";
import type { ByteSink } from "../base/bytes.js";
import { Defect, InputError } from "../base/diagnostic.js";
import { removeAbandoned, temporaryFor } from "./temporary-files.js";
import { located } from "./writable-target.js";

const BUFFER_BYTES = 1 << 20;
const PERMISSIONS = 0o777;

/** A file that is being written under a temporary name. Fills one buffer while the other is on its way to the disk. */
export class PendingFile implements ByteSink {
  readonly temporary: string;
  readonly #handle: FileHandle;
  #target: string;
  #buffer = new Uint8Array(0);
  #spare = new Uint8Array(0);
  #filled = 0;
  #inFlight: Promise<void> = Promise.resolve();
  #isNew = false;
  #state: "open" | "complete" | "gone" = "open";

  private constructor(target: string, temporary: string, handle: FileHandle) {
    this.#target = target;
    this.temporary = temporary;
    this.#handle = handle;
  }

  /**
   * Starts the file that is to stand at `target`, with the permissions of the one there, or of the file that it belongs to.
   * What killed runs left beside it goes.
   */
  static open(target: string, owner = target): Promise<PendingFile> {
    return located(target, async () => {
      removeAbandoned(dirname(target));
      const temporary = temporaryFor(target);
      const handle = await open(temporary, "wx");
      const existing = statSync(owner, { throwIfNoEntry: false });
      if (existing !== undefined) await handle.chmod(existing.mode & PERMISSIONS);
      return new PendingFile(target, temporary, handle);
    });
  }

  /** Where it will stand. */
  get target(): string {
    return this.#target;
  }

  /** Gives it another name in the same folder, once its content says which. */
  settle(target: string): void {
    if (dirname(target) !== dirname(this.#target)) throw new Defect(`${target} is in another folder`);
    this.#target = target;
  }

  async write(bytes: Uint8Array): Promise<void> {
    // Files of text are small, and there may be many at a time.
    if (this.#buffer.length === 0) [this.#buffer, this.#spare] = newBuffers();
    for (let taken = 0; taken < bytes.length; ) {
      const part = bytes.subarray(taken, taken + BUFFER_BYTES - this.#filled);
      this.#buffer.set(part, this.#filled);
      this.#filled += part.length;
      taken += part.length;
      if (this.#filled === BUFFER_BYTES) await this.#flush();
    }
  }

  /** Has all of it on the disk under the temporary name. Nothing is written to it any more. */
  async complete(): Promise<void> {
    if (this.#state !== "open") return;
    await this.#flush();
    await this.#inFlight;
    await located(this.#target, () => this.#handle.sync());
    await located(this.#target, () => this.#handle.close());
    this.#state = "complete";
    [this.#buffer, this.#spare] = [new Uint8Array(0), new Uint8Array(0)];
  }

  /** Renames it to its target; a file there is gone then. */
  publish(): void {
    if (this.#state !== "complete")
      throw new Defect(`${this.#target} is replaced before the new file is complete`);
    located(this.#target, () => {
      const existing = lstatSync(this.#target, { throwIfNoEntry: false });
      // A folder may have come to be there since; renaming says that in many ways.
      if (existing?.isDirectory()) throw isDirectory(this.#target);
      this.#isNew = existing === undefined;
      renameSync(this.temporary, this.#target);
    });
    this.#state = "gone";
  }

  /** Takes it away again where nothing was before; a file that it has replaced does not come back, and it stays. */
  withdraw(): boolean {
    if (this.#isNew) rmSync(this.#target, { force: true });
    return this.#isNew;
  }

  /** Closes it before it is complete; it can only be removed then. */
  async close(): Promise<void> {
    await this.#inFlight.catch(() => undefined);
    if (this.#state === "open") await this.#handle.close();
  }

  removeSync(): void {
    if (this.#state !== "gone") rmSync(this.temporary, { force: true });
  }

  async #flush(): Promise<void> {
    await this.#inFlight;
    const full = this.#buffer.subarray(0, this.#filled);
    [this.#buffer, this.#spare] = [this.#spare, this.#buffer];
    this.#filled = 0;
    this.#inFlight = located(this.#target, () => writeAll(this.#handle, full));
    // Its failure is reported by the next flush, which awaits it; until then it is no unhandled one.
    this.#inFlight.catch(() => undefined);
  }
}

function newBuffers(): [Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>] {
  return [new Uint8Array(BUFFER_BYTES), new Uint8Array(BUFFER_BYTES)];
}

async function writeAll(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done);
    done += bytesWritten;
  }
}

function isDirectory(file: string): InputError {
  return InputError.of("file/not-a-file", `${file} is a directory, so it can't be written`, { file });
}

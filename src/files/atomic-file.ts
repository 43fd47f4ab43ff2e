import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { ByteSink } from "../base/bytes.js";
import { PendingFile } from "./pending-file.js";
import { refuseOverwriting } from "./refuse-overwriting.js";
import { removeAbandoned, temporaryFor } from "./temporary-files.js";
import { onTermination } from "./termination.js";
import { located, writableTarget } from "./writable-target.js";

/**
 * Files that are written together. Each is filled under a temporary name beside its own; when all are complete and on the
 * disk, they are renamed one after the other, in the order in which they were opened. `afterwards` puts work
 * between them, `settle` makes the disk keep what came before whatever comes after.
 */
export class FileTransaction {
  readonly #pending: PendingFile[] = [];
  readonly #steps: { readonly work: () => void; readonly undo: () => boolean }[] = [];
  readonly #unsettled = new Set<string>();

  /** A file that will stand at `file`. Errors: `InputError` where it can't, and for one that this run has read. */
  async open(file: string): Promise<PendingFile> {
    refuseOverwriting([file]);
    return this.#add(await PendingFile.open(writableTarget(file)));
  }

  /** A file that belongs to the one that will stand at `owner`, and gets its name when its content is known. */
  async openBeside(owner: string): Promise<PendingFile> {
    return this.#add(await PendingFile.open(`${owner}.data`, owner));
  }

  /** Takes a file out, as if it had not been opened. */
  async drop(pending: PendingFile): Promise<void> {
    this.#pending.splice(this.#pending.indexOf(pending), 1);
    await pending.close();
    pending.removeSync();
  }

  /**
   * Work that comes after the files that are open by now have their names. It is quick: nothing interrupts it. `undo` takes it
   * back where later work fails, or gives false: then what came before stays too, as the rest needs it.
   */
  afterwards(work: () => void, undo: () => boolean = () => true): void {
    this.#steps.push({ work, undo });
  }

  /** Has the changes of names so far on the disk before any later one. */
  settle(): void {
    this.afterwards(() => {
      for (const folder of this.#unsettled) syncFolder(folder);
      this.#unsettled.clear();
    });
  }

  /** Has the files so far complete on the disk, except for those that are still to be filled. */
  async complete(unfilled: readonly PendingFile[] = []): Promise<void> {
    await Promise.all(
      this.#pending.filter((file) => !unfilled.includes(file)).map((file) => file.complete()),
    );
  }

  /** Where the content is, until it is renamed, of the complete file that will stand at `file`. */
  contentOf(file: string): string {
    const target = writableTarget(file);
    const pending = this.#pending.find((each) => each.target === target);
    return pending?.temporary ?? target;
  }

  async commit(): Promise<void> {
    await this.complete();
    // What was opened first may have been read since.
    for (const { target } of this.#pending) refuseOverwriting([target]);
    this.settle();
    const done: (() => boolean)[] = [];
    try {
      for (const { work, undo } of this.#steps) {
        work();
        done.unshift(undo);
      }
    } catch (error) {
      done.every((undo) => undo());
      throw error;
    }
  }

  #add(pending: PendingFile): PendingFile {
    this.#pending.push(pending);
    const isIn = (): boolean => this.#pending.includes(pending);
    this.afterwards(
      () => {
        if (!isIn()) return;
        pending.publish();
        this.#unsettled.add(dirname(pending.target));
      },
      () => !isIn() || pending.withdraw(),
    );
    return pending;
  }

  /** Removes what has not been renamed. */
  discard(): void {
    for (const file of this.#pending) file.removeSync();
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.#pending.map((file) => file.close()));
  }
}

/**
 * Writes files together: each appears as a whole or not at all. On an error, on SIGINT, SIGTERM, SIGHUP and at exit the
 * temporary files are removed; what was there before stays. Those of a killed process go with the next run.
 *
 * Errors: `InputError` for a missing or unwritable directory, a full disk, a name that is not a regular file or a read-only
 * one, and a file that this run has read.
 */
export async function inTransaction<T>(write: (transaction: FileTransaction) => Promise<T>): Promise<T> {
  const transaction = new FileTransaction();
  const discard = (): void => transaction.discard();
  const stopListening = onTermination(discard);
  try {
    const result = await write(transaction);
    await transaction.commit();
    return result;
  } catch (error) {
    await transaction.close();
    discard();
    throw error;
  } finally {
    stopListening();
  }
}

/** `inTransaction` for files that are known beforehand. */
export function writeAtomically<T>(
  files: readonly string[],
  write: (...sinks: ByteSink[]) => Promise<T>,
): Promise<T> {
  return inTransaction(async (transaction) => {
    refuseOverwriting(files);
    const sinks: ByteSink[] = [];
    for (const file of files) sinks.push(await transaction.open(file));
    return await write(...sinks);
  });
}

/** Writes a small file of text at once; it appears as a whole or not at all. Errors: as of `inTransaction`. */
export function writeTextSync(file: string, text: string): void {
  refuseOverwriting([file]);
  located(file, () => {
    const target = writableTarget(file);
    removeAbandoned(dirname(target));
    const temporary = temporaryFor(target);
    try {
      writeFileSync(temporary, text, { flag: "wx", flush: true });
      renameSync(temporary, target);
    } catch (error) {
      rmSync(temporary, { force: true });
      throw error;
    }
    syncFolder(dirname(target));
  });
}

/** What a file is renamed to is on the disk only when its folder is. Windows has no such call; some file systems refuse it. */
function syncFolder(folder: string): void {
  let handle: number | undefined;
  try {
    handle = openSync(folder, "r");
    fsyncSync(handle);
  } catch {
    // Then the system decides when; the order of changes is its own affair too.
  } finally {
    if (handle !== undefined) closeSync(handle);
  }
}

import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { InputError } from "../base/diagnostic.js";
import { refuseOverwriting } from "./refuse-overwriting.js";
import { mayBeAlive, ownMark, temporaryFor } from "./temporary-files.js";
import { located, writableTarget } from "./writable-target.js";

/**
 * A file to which lines are added, over several runs if need be: what a killed run has written stays, but for a last line that it did not
 * end. One process at a time has it: FILE.lock says which.
 */
export class LineFile {
  readonly file: string;
  /** The whole lines that were in it when it was opened. */
  readonly lines: readonly string[];
  readonly #handle: number;
  readonly #lock: string;
  #open = true;

  private constructor(file: string, lines: readonly string[], handle: number, lock: string) {
    this.file = file;
    this.lines = lines;
    this.#handle = handle;
    this.#lock = lock;
  }

  /**
   * Opens the file, or makes it.
   *
   * @param check is given the whole lines before anything is changed
   *
   * Errors: `InputError` where it can't be written, where this run has read it, where another run has it; and those of `check`.
   */
  static open(file: string, check: (lines: readonly string[]) => void = () => {}): LineFile {
    refuseOverwriting([file]);
    const target = writableTarget(file);
    const lock = `${target}.lock`;
    located(file, () => takeLock(lock, file));
    let handle: number | undefined;
    try {
      return located(file, () => {
        const opened = openSync(target, constants.O_RDWR | constants.O_CREAT | constants.O_APPEND, 0o666);
        handle = opened;
        const content = readFileSync(opened);
        const end = content.lastIndexOf(NEWLINE) + 1;
        const text = content.subarray(0, end).toString("utf8");
        const lines = text === "" ? [] : text.slice(0, -1).split("\n");
        check(lines);
        if (end < content.length) ftruncateSync(opened, end);
        return new LineFile(file, lines, opened, lock);
      });
    } catch (error) {
      if (handle !== undefined) closeSync(handle);
      rmSync(lock, { force: true });
      throw error;
    }
  }

  /** Adds a line, which is the system's when this returns: no signal to this process takes it back. */
  append(line: string): void {
    const bytes = Buffer.from(`${line}\n`);
    const start = fstatSync(this.#handle).size;
    located(this.file, () => {
      try {
        for (let done = 0; done < bytes.length; ) done += writeSync(this.#handle, bytes, done);
      } catch (error) {
        // A full disk takes a part of it.
        ftruncateSync(this.#handle, start);
        throw error;
      }
    });
  }

  /** Has everything on the disk, and leaves the file to others. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    try {
      located(this.file, () => fsyncSync(this.#handle));
    } finally {
      closeSync(this.#handle);
      rmSync(this.#lock, { force: true });
    }
  }
}

const NEWLINE = 0x0a;

function takeLock(lock: string, file: string): void {
  // The second time, after a dead run's lock was taken away.
  for (let time = 0; time < 2; time++) {
    try {
      writeFileSync(lock, ownMark(), { flag: "wx" });
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    const owner = textOf(lock);
    if (owner !== undefined && (owner === "" || mayBeAlive(owner))) break;
    if (owner !== undefined) removeLock(lock, owner);
  }
  throw InputError.of("sweep/locked", `another run writes ${file}`, {
    file,
    hint: `if none does, remove ${lock}`,
  });
}

/** Takes the lock of a dead run away, and not one that another run has put there since. */
function removeLock(lock: string, owner: string): void {
  const aside = temporaryFor(lock);
  try {
    renameSync(lock, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw error;
  }
  if (textOf(aside) === owner) rmSync(aside, { force: true });
  else renameSync(aside, lock);
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

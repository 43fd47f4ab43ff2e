import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import type { OpenFile } from "../base/bytes.js";
import { Defect, InputError } from "../base/diagnostic.js";
import { fileAtHand } from "./at-hand.js";
import { recordRead } from "./files-read.js";
import { whyUnreadable } from "./read-file.js";

/** A regular file that is read at any offset, without holding it, or bytes at hand under a file's name. */
export class RandomAccessFile implements OpenFile {
  readonly file: string;
  /** Its bytes when it was opened. */
  readonly size: number;
  readonly #source: number | Uint8Array;
  #open = true;

  /** @param source an open file, or bytes at hand */
  private constructor(file: string, size: number, source: number | Uint8Array) {
    this.file = file;
    this.size = size;
    this.#source = source;
  }

  /** An input, which this run won't write over. Errors: `InputError` for what can't be read, folders and devices among it. */
  static open(file: string): RandomAccessFile {
    const atHand = fileAtHand(file);
    if (atHand !== undefined) return new RandomAccessFile(file, atHand.length, atHand);
    return RandomAccessFile.#opened(file, true);
  }

  /** What stands where an output goes, which may be written over. Errors: as of `open`. */
  static openOutput(file: string): RandomAccessFile {
    return RandomAccessFile.#opened(file, false);
  }

  static #opened(file: string, isInput: boolean): RandomAccessFile {
    let handle: number | undefined;
    try {
      // Opening a pipe must not wait for someone who writes to it.
      handle = openSync(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
      const status = fstatSync(handle, { bigint: true });
      if (status.isFile()) {
        if (isInput) recordRead(file, status);
        return new RandomAccessFile(file, Number(status.size), handle);
      }
      throw unreadable(file, status.isDirectory() ? "it is a folder" : "it is not a regular file");
    } catch (error) {
      if (handle !== undefined) closeSync(handle);
      throw error instanceof InputError ? error : unreadable(file, whyUnreadable(error));
    }
  }

  readInto(target: Uint8Array, offset: number): void {
    // Its number may be that of another file by now.
    if (!this.#open) throw new Defect(`${this.file} is read after it was closed`);
    const source = this.#source;
    if (typeof source !== "number") {
      if (offset + target.length > this.size) throw endsBefore(this.file, offset + target.length);
      target.set(source.subarray(offset, offset + target.length));
      return;
    }
    try {
      for (let done = 0; done < target.length; ) {
        const count = readSync(source, target, done, target.length - done, offset + done);
        if (count === 0) throw endsBefore(this.file, offset + target.length);
        done += count;
      }
    } catch (error) {
      throw error instanceof InputError ? error : unreadable(this.file, whyUnreadable(error));
    }
  }

  /** `length` bytes from `offset` on. Errors as for `readInto`, before any memory is taken. */
  read(offset: number, length: number): Uint8Array<ArrayBuffer> {
    if (length > this.size - offset) throw endsBefore(this.file, offset + length);
    const bytes = new Uint8Array(length);
    this.readInto(bytes, offset);
    return bytes;
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    if (typeof this.#source === "number") closeSync(this.#source);
  }
}

function unreadable(file: string, why: string): InputError {
  return InputError.of("file/unreadable", `${file} can't be read: ${why}`, { file });
}

function endsBefore(file: string, byte: number): InputError {
  return unreadable(file, `it ends before byte ${byte}`);
}

import {
  accessSync,
  constants,
  fstatSync,
  lstatSync,
  readlinkSync,
  realpathSync,
  type Stats,
  statSync,
} from "node:fs";
import { dirname, resolve } from "node:path";
import { InputError } from "../base/diagnostic.js";
import { MOST_LINKS } from "./files-read.js";
import { isStream } from "./standard-streams.js";

/**
 * The file that the name of an output stands for, links followed, those too whose file is not there yet. Only a regular
 * file that may be written can be replaced, never a device or a directory.
 *
 * Errors: `InputError` for those, for a file that is read-only, and for a path that leads nowhere.
 */
export function writableTarget(file: string): string {
  // Never a file of that name by mistake: who pipes wants standard output.
  if (isStream(file)) throw refusal(file, "DASH");
  return located(file, () => {
    const existing = statSync(file, { throwIfNoEntry: false });
    if (existing === undefined) return pathOfMissing(file);
    // By `-o /dev/stdout >> log` the log would be replaced.
    if (STREAMS.some((stream) => isSame(existing, stream))) throw refusal(file, "STREAM");
    if (!existing.isFile()) {
      const what = existing.isDirectory() ? "a directory" : "no regular file";
      throw InputError.of("file/not-a-file", `${file} is ${what}, so it can't be written`, {
        file,
        hint: "name a file",
      });
    }
    // Replacing takes no permission for the file itself. To the administrator everything is allowed, also by mistake.
    if ((existing.mode & ANY_WRITE) === 0) throw refusal(file, "READONLY");
    accessSync(file, constants.W_OK);
    return realpathSync(file);
  });
}

/** Errors: as of `writableTarget`, and for a directory that is not there or takes no file. */
export function refuseUnwritable(file: string): void {
  located(file, () => accessSync(dirname(writableTarget(file)), constants.W_OK));
}

const ANY_WRITE = 0o222;
/** Standard output and error. */
const STREAMS = [1, 2];

function isSame({ dev, ino }: Stats, stream: number): boolean {
  try {
    const open = fstatSync(stream);
    return open.isFile() && open.dev === dev && open.ino === ino;
  } catch {
    return false; // It is closed.
  }
}
/** Where a file would be made: a link may lead to one that is not there. */
function pathOfMissing(file: string): string {
  let path = file;
  for (let links = 0; links < MOST_LINKS; links++) {
    if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return path;
    path = resolve(realpathSync(dirname(path)), readlinkSync(path));
  }
  throw refusal(file, "ELOOP");
}

const REASONS: Readonly<Record<string, readonly [why: string, hint: string]>> = {
  ENOENT: ["its directory does not exist", "make the directory first, or give another place"],
  ENOTDIR: ["a part of its path is no directory", "give another place"],
  ELOOP: ["its links lead in a circle", "give another name"],
  EACCES: ["permission denied", "give another place, or change the permissions"],
  EPERM: ["permission denied", "give another place, or change the permissions"],
  STREAM: ["what the command prints goes there", "name another file"],
  DASH: ["`-` is standard output, which this output can't go to", "name a file: ./- is one of that name"],
  READONLY: ["it is read-only", "give another name, or make it writable: chmod u+w"],
  EROFS: ["the file system is read-only", "give another place"],
  ENOSPC: [
    "the disk is full",
    "make room, or give a place on another disk; what was there before is still there",
  ],
  EDQUOT: [
    "the disk quota is used up",
    "make room, or give a place on another disk; what was there before is still there",
  ],
  EFBIG: ["it would be larger than the system allows", "see ulimit -f, or give a place on another disk"],
  EIO: ["the disk reports an error", "give a place on another disk; what was there before is still there"],
  ENAMETOOLONG: ["the name is too long", "give a shorter name"],
};

/** Runs `act`; what the operating system refuses becomes an error that names the file and the reason. */
export function located<T>(file: string, act: () => T): T {
  try {
    const result = act();
    return result instanceof Promise
      ? (result.catch((error: unknown) => {
          throw unwritable(file, error);
        }) as T)
      : result;
  } catch (error) {
    throw unwritable(file, error);
  }
}

/** An error of the operating system in words; any other as it is. */
function unwritable(file: string, error: unknown): unknown {
  const { code, message } = error as NodeJS.ErrnoException;
  if (error instanceof InputError || code === undefined) return error;
  return refusal(file, code, message);
}

function refusal(file: string, code: string, message = code): InputError {
  const [why, hint] = REASONS[code] ?? [message, undefined];
  return InputError.of("file/unwritable", `can't write ${file}: ${why}`, { file, hint });
}

import { AsyncLocalStorage } from "node:async_hooks";
import { type BigIntStats, readlinkSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";

/**
 * Which files one run has read, so that none of them is written over. A file is known by its path (links followed)
 * and by its number on the disk, which hard links and other spellings of a name have in common.
 */
class FilesRead {
  readonly #known = new Set<string>();

  add(file: string, status: BigIntStats): void {
    for (const key of [realPath(file), ...numberOf(status)]) this.#known.add(key);
  }

  has(file: string): boolean {
    return [realPath(file), ...numbersOf(file)].some((key) => this.#known.has(key));
  }
}

const runs = new AsyncLocalStorage<FilesRead>();
/** What is read outside of any run. Work that forgets to be one refuses too much rather than too little. */
const outside = new FilesRead();

/** Does the work of one command or one call of the library: what it reads, it won't write over. One inside another is part of it. */
export function asOneRun<T>(work: () => T): T {
  return runs.getStore() === undefined ? runs.run(new FilesRead(), work) : work();
}

/** Every function that reads a user's file calls this. `status`: that of the open file, since a name can come to mean another. */
export function recordRead(file: string, status: BigIntStats): void {
  (runs.getStore() ?? outside).add(file, status);
}

/** Whether this run has read the file that the name stands for, by whatever name. */
export function wasRead(file: string): boolean {
  return (runs.getStore() ?? outside).has(file);
}

/** As many as Linux follows. */
export const MOST_LINKS = 40;

/** Where a file is, or would be: a link may lead to one that is not there yet. */
export function realPath(file: string, links = MOST_LINKS): string {
  try {
    return realpathSync(file);
  } catch {
    const folder = attempt(() => realpathSync(dirname(file)));
    if (folder === undefined) return resolve(file);
    const path = join(folder, basename(file));
    const target = links === 0 ? undefined : attempt(() => readlinkSync(path));
    return target === undefined ? path : realPath(resolve(folder, target), links - 1);
  }
}

function attempt(act: () => string): string | undefined {
  try {
    return act();
  } catch {
    return undefined;
  }
}

/** The number of the file that a name leads to, if it leads to one. */
function numbersOf(file: string): readonly string[] {
  try {
    return numberOf(statSync(file, { bigint: true }));
  } catch {
    return [];
  }
}

/** The number of a file that is gone is given to another; some file systems number nothing. */
function numberOf({ dev, ino, birthtimeNs }: BigIntStats): readonly string[] {
  return ino === 0n ? [] : [`${dev}:${ino}:${birthtimeNs}`];
}

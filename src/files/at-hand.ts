import { AsyncLocalStorage } from "node:async_hooks";

const files = new AsyncLocalStorage<ReadonlyMap<string, Uint8Array>>();

/**
 * Does work in which some files are not read from the disk: whoever reads one of these names, spelt so, gets the bytes at hand. What other
 * calls do at the same time sees none of them.
 */
export function withFilesAtHand<T>(atHand: ReadonlyMap<string, Uint8Array>, work: () => T): T {
  return atHand.size === 0 ? work() : files.run(new Map([...(files.getStore() ?? []), ...atHand]), work);
}

/** The bytes of a file at hand; undefined for one on the disk. */
export function fileAtHand(file: string): Uint8Array | undefined {
  return files.getStore()?.get(file);
}

/**
 * V8's code cache for the one file that the command line is: what a command compiled in its first run is read by later runs, which then neither
 * parse nor compile it. Node.js 20 has no compile cache of its own.
 *
 *     CACHE/ecagen/PROGRAM-SIZE-TIME-NODE-COMMAND.bin      of one build, one Node.js, one command; V8's bytes, then a checksum
 *
 * A cache is only ever a gain of time: where there is no folder for it, or it can't be read or written, the program runs all the same. It is
 * code, so it is read and written only where nobody but its user can write.
 */
import { createRequire } from "node:module";
import type { Script } from "node:vm";

// An import of node:fs would load Node's streams before they are needed.
const require = createRequire(import.meta.url);
const fs = require("node:fs") as typeof import("node:fs");
const { basename, join } = require("node:path") as typeof import("node:path");

/** Caches that stay in the folder: those of all commands of a few builds. */
const MOST_CACHES = 60;

/**
 * Runs a bundled file of ASCII characters that is one function, `(function(module, require, __filename) {...})`, and gives what it exports.
 *
 * @param command what names the cache: a run compiles what its command needs
 */
export function runWithCodeCache(program: URL, command: string): object {
  const { fileURLToPath } = require("node:url") as typeof import("node:url");
  const file = fileURLToPath(program);
  const vm = require("node:vm") as typeof import("node:vm");
  const source = fs.readFileSync(file, "latin1");
  const cache = cacheFile(file, command);
  const cachedData = cache === undefined ? undefined : readOwn(cache);
  const script = new vm.Script(source, {
    filename: file,
    cachedData,
    importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  });
  if (cache !== undefined && (cachedData === undefined || script.cachedDataRejected === true)) {
    // At the end, as only then it is known which functions the command needs.
    process.once("exit", (code) => {
      if (code === 0) write(cache, script);
    });
  }
  const module = { exports: {} };
  script.runInThisContext()(module, createRequire(file), file);
  return module.exports;
}

/** The folder of the user's caches; none where Node.js is told to keep none. */
export function cacheFolder(
  env: Readonly<Record<string, string | undefined>>,
  platform: NodeJS.Platform,
): string | undefined {
  if (env.NODE_DISABLE_COMPILE_CACHE !== undefined && env.NODE_DISABLE_COMPILE_CACHE !== "") return undefined;
  const below = (folder: string | undefined, ...names: readonly string[]): string | undefined =>
    folder === undefined || folder === "" ? undefined : join(folder, ...names, "ecagen");
  return (
    below(env.NODE_COMPILE_CACHE) ??
    below(env.XDG_CACHE_HOME) ??
    (platform === "win32"
      ? below(env.LOCALAPPDATA)
      : below(env.HOME, ...(platform === "darwin" ? ["Library", "Caches"] : [".cache"])))
  );
}

function cacheFile(file: string, command: string): string | undefined {
  const folder = cacheFolder(process.env, process.platform);
  if (folder === undefined) return undefined;
  // V8 compares no more of the program than its length.
  const { size, mtimeMs } = fs.statSync(file);
  return join(
    folder,
    [basename(file), size, Math.round(mtimeMs), process.version, process.arch, `${command}.bin`].join("-"),
  );
}

/** V8's bytes in a file that is whole, belongs to this user and that nobody else may write; else undefined. V8 itself would run damaged code. */
function readOwn(file: string): Buffer | undefined {
  let descriptor: number | undefined;
  try {
    descriptor = fs.openSync(file, "r");
    if (!isOwn(fs.fstatSync(descriptor))) return undefined;
    const content = fs.readFileSync(descriptor);
    const data = content.subarray(0, content.length - CHECKSUM_BYTES);
    return checksum(data) === content.readUInt32LE(data.length) ? data : undefined;
  } catch {
    return undefined;
  } finally {
    if (descriptor !== undefined) fs.closeSync(descriptor);
  }
}

const CHECKSUM_BYTES = 4;

/** Natively: a loop takes longer than Node's module, which has little beside the streams that any output needs. */
function checksum(data: Uint8Array): number {
  const { crc32 } = require("node:zlib") as typeof import("node:zlib");
  return crc32(data);
}

function isOwn({ uid, mode }: { readonly uid: number; readonly mode: number }): boolean {
  return process.getuid === undefined || (uid === process.getuid() && (mode & 0o022) === 0);
}

/**
 * Puts the cache in its place as a whole, since other runs may read and write it at the same time, and once it is on the disk, so that a
 * machine that stops leaves no half of it.
 */
function write(cache: string, script: Script): void {
  const folder = join(cache, "..");
  const temporary = `${cache}.${process.pid}.tmp`;
  try {
    // Not by `recursive`, which never ends below /proc.
    for (const each of [join(folder, ".."), folder]) if (!fs.existsSync(each)) fs.mkdirSync(each, 0o700);
    if (!isOwn(fs.statSync(folder))) return;
    const descriptor = fs.openSync(temporary, "wx", 0o600);
    try {
      const data = script.createCachedData();
      const sum = Buffer.alloc(CHECKSUM_BYTES);
      sum.writeUInt32LE(checksum(data));
      fs.writeFileSync(descriptor, Buffer.concat([data, sum]));
      fs.fsyncSync(descriptor);
    } finally {
      fs.closeSync(descriptor);
    }
    fs.renameSync(temporary, cache);
    removeOldest(folder);
  } catch {
    removeIfThere(temporary);
  }
}

function removeIfThere(file: string): void {
  try {
    fs.rmSync(file, { force: true });
  } catch {
    // The folder that it would be in is none.
  }
}

function removeOldest(folder: string): void {
  const caches = fs.readdirSync(folder).map((name) => join(folder, name));
  if (caches.length <= MOST_CACHES) return;
  const byAge = caches
    .map((file) => ({ file, time: fs.statSync(file).mtimeMs }))
    .sort((a, b) => b.time - a.time);
  for (const { file } of byAge.slice(MOST_CACHES)) removeIfThere(file);
}

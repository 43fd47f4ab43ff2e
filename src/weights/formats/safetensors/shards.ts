import { NoSuchFile, type OpenBeside, type OpenFile } from "../../../base/bytes.js";
import { InputError } from "../../../base/diagnostic.js";
import { quoteName } from "../../../base/visible-text.js";
import type { StoredTensor, TensorSource } from "../tensor-source.js";
import { LONGEST_HEADER } from "./header.js";
import { readSafetensors } from "./read.js";

/** How the index of a folder of shards ends. */
export const INDEX_SUFFIX = ".safetensors.index.json";

/** Shards that are opened; more are no model that anyone split by hand or by program. */
const MOST_SHARDS = 1024;
/** As of the header of one file. */
const LONGEST_INDEX = LONGEST_HEADER;

/**
 * A checkpoint in several safetensors files, by its index:
 *
 *     {"metadata": {...}, "weight_map": {"fc.bias": "model-00002-of-00002.safetensors", ...}}
 *
 * Every tensor of the index must be in its shard, and every tensor of a shard in the index. Shards lie in the
 * folder of the index.
 *
 * Errors: `InputError` with everything that is wrong with the index, or with one shard.
 *
 * @param open opens a shard beside the index
 */
export function readShards(index: OpenFile, open: OpenBeside<OpenFile>): TensorSource {
  const { file: indexFile } = index;
  const shardOf = parseIndex(index);
  const shardNames = [...new Set(shardOf.values())];
  if (shardNames.length > MOST_SHARDS) {
    throw refused(indexFile, [`it names ${shardNames.length} shards; at most ${MOST_SHARDS} are opened`]);
  }
  const shards = new Map<string, TensorSource>();
  const close = (): void => {
    for (const shard of shards.values()) shard.close();
  };
  try {
    for (const name of shardNames) shards.set(name, openShard(indexFile, name, open));
    const tensors = new Map<string, StoredTensor>();
    const problems: string[] = [];
    for (const [name, shard] of shardOf) {
      const tensor = shards.get(shard)?.tensors.get(name);
      if (tensor === undefined) problems.push(`${quoteName(name)} is not in ${quoteName(shard)}`);
      else tensors.set(name, tensor);
    }
    for (const [shard, { tensors: found }] of shards) {
      for (const name of found.keys()) {
        if (shardOf.get(name) !== shard)
          problems.push(`${quoteName(name)} of ${quoteName(shard)} is not in it`);
      }
    }
    if (problems.length > 0) throw refused(indexFile, problems);
    const [first] = shards.values();
    return {
      file: indexFile,
      format: "safetensors-index",
      tensors,
      metadata: first?.metadata ?? new Map(),
      close,
    };
  } catch (error) {
    close();
    throw error;
  }
}

function openShard(indexFile: string, name: string, open: OpenBeside<OpenFile>): TensorSource {
  let shard: OpenFile | undefined;
  try {
    shard = open(name);
  } catch (error) {
    if (!(error instanceof NoSuchFile)) throw error;
    throw refused(indexFile, [`its shard ${quoteName(name)} can't be read: ${error.message}`]);
  }
  if (shard === undefined)
    throw refused(indexFile, [`its shard ${quoteName(name)} must be a file in its folder`]);
  return readSafetensors(shard);
}

/** The shard of each tensor. */
function parseIndex(source: OpenFile): ReadonlyMap<string, string> {
  const { file, size } = source;
  if (size > LONGEST_INDEX) throw refused(file, [`it has ${size} bytes; at most ${LONGEST_INDEX} are read`]);
  let index: unknown;
  try {
    index = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(source.read(0, size)));
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw refused(file, [`it is not JSON: ${(error as Error).message.slice(0, 200)}`]);
  }
  const map = (index as { readonly weight_map?: unknown } | null)?.weight_map;
  if (typeof map !== "object" || map === null || Array.isArray(map)) {
    throw refused(file, ["it has no weight_map, an object that names the shard of each tensor"]);
  }
  const wrong = Object.entries(map).filter(([, shard]) => typeof shard !== "string");
  if (wrong.length > 0) {
    throw refused(
      file,
      wrong.map(([name]) => `its weight_map has no shard's name at ${quoteName(name)}`),
    );
  }
  return new Map(Object.entries(map));
}

function refused(file: string, problems: readonly string[]): InputError {
  const hint = "the index and all of its shards belong into one folder, as they were published";
  return InputError.ofFile("weights/shards", file, " is not a readable index of shards", problems, hint);
}

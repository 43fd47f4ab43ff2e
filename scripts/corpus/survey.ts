import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Cell, COMMAND_NAMES, type CommandName, cellOf } from "./cells.js";
import type { CliPool } from "./cli-pool.js";
import type { CorpusFile, Group } from "./files.js";
import { givenOf } from "./given.js";
import type { Oracle } from "./oracle.js";

/** A row of the survey. */
export interface Row {
  readonly group: Group;
  readonly name: string;
  readonly cells: Readonly<Partial<Record<CommandName, Cell>>>;
}

/** Runs commands on a file, each in turn in a folder of its own. */
export async function rowOf(
  file: CorpusFile,
  { pool, oracle }: { readonly pool: CliPool; readonly oracle: Oracle },
  commands: readonly CommandName[] = COMMAND_NAMES,
): Promise<Row> {
  const folder = mkdtempSync(join(tmpdir(), "corpus-"));
  try {
    const given = await givenOf(file, oracle, folder);
    const cells: Partial<Record<CommandName, Cell>> = {};
    for (const name of commands) cells[name] = await cellOf(name, { file, given, folder, oracle, pool });
    return { group: file.group, name: file.name, cells };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Does something with each of a list, so many at a time, in their order. */
export async function eachOf<T>(
  all: Iterable<T>,
  atATime: number,
  act: (one: T) => Promise<void>,
): Promise<void> {
  const left = all[Symbol.iterator]();
  const work = async (): Promise<void> => {
    for (let next = left.next(); !next.done; next = left.next()) await act(next.value);
  };
  await Promise.all(Array.from({ length: atATime }, work));
}

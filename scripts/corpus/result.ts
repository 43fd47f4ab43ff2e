import { type Cell, COMMAND_NAMES, type CommandName } from "./cells.js";
import { GROUPS, type Group, type MissingFile } from "./files.js";
import { isUnrun } from "./finding.js";
import type { Row } from "./survey.js";

export type Totals = Readonly<Record<Cell["status"], number>>;

/** A reason that cells have in common. */
export interface Reason {
  readonly command: CommandName;
  readonly status: Cell["status"];
  readonly why: string;
  readonly files: readonly string[];
}

/** A cell, and the build of ecagen that it is of: the commit, and a hash of the program's files. */
export interface BuiltCell extends Cell {
  readonly build: string;
}

/** A row whose cells may be of several builds. */
export interface BuiltRow extends Row {
  readonly cells: Readonly<Partial<Record<CommandName, BuiltCell>>>;
}

/** What the survey came to. */
export interface CorpusResult extends Summary {
  /** How many of the runs are of each build. */
  readonly builds: Readonly<Record<string, number>>;
  readonly missing: readonly MissingFile[];
}

/** Rows, summed up. */
export interface Summary {
  readonly totals: Readonly<Record<string, Totals>>;
  readonly rows: readonly {
    readonly group: Group;
    readonly name: string;
    readonly cells: Readonly<Record<string, Cell["status"]>>;
  }[];
  readonly reasons: readonly Reason[];
  /** How many files ONNX Runtime refuses. */
  readonly unrun?: number;
}

/** One row for each file, with the cells of all that are of it. */
export function mergedRows(rows: readonly BuiltRow[]): readonly BuiltRow[] {
  const merged = new Map<string, BuiltRow>();
  for (const row of rows) {
    const key = `${row.group} ${row.name}`;
    merged.set(key, { ...row, cells: { ...merged.get(key)?.cells, ...row.cells } });
  }
  return [...merged.values()];
}

/** How many cells are of each build. */
export function buildsOf(rows: readonly BuiltRow[]): Readonly<Record<string, number>> {
  const builds: Record<string, number> = {};
  for (const { build } of rows.flatMap(({ cells }) => Object.values(cells)))
    builds[build] = (builds[build] ?? 0) + 1;
  return builds;
}

/** Sums up rows, in the order of their names. Totals are those of all, and of each group and command that has any. */
export function summaryOf(rows: readonly Row[]): Summary {
  const sorted = [...rows].sort((a, b) => (`${a.group} ${a.name}` < `${b.group} ${b.name}` ? -1 : 1));
  const results = sorted.flatMap(({ group, name, cells }) =>
    COMMAND_NAMES.flatMap((command) => {
      const cell = cells[command];
      return cell === undefined ? [] : [{ group, name, command, ...cell }];
    }),
  );
  const totals = ["all", ...GROUPS, ...COMMAND_NAMES].flatMap((key) => {
    const own = results.filter(({ group, command }) => key === "all" || key === group || key === command);
    return own.length === 0 ? [] : [[key, totalsOf(own)] as const];
  });
  return {
    totals: Object.fromEntries(totals),
    rows: sorted.map(({ group, name, cells }) => ({
      group,
      name,
      cells: Object.fromEntries(Object.entries(cells).map(([command, { status }]) => [command, status])),
    })),
    unrun: rows.filter(({ cells }) => Object.values(cells).some(({ why }) => isUnrun(why))).length,
    reasons: reasonsOf(results).sort((a, b) => b.files.length - a.files.length),
  };
}

function totalsOf(cells: readonly Cell[]): Totals {
  const count = (status: Cell["status"]): number => cells.filter((each) => each.status === status).length;
  return {
    ...{ ok: count("ok"), nothing: count("nothing"), unchecked: count("unchecked") },
    ...{ refused: count("refused"), wrong: count("wrong") },
  };
}

function reasonsOf(
  results: readonly (Cell & { readonly name: string; readonly command: CommandName })[],
): Reason[] {
  const reasons = new Map<string, Reason & { readonly files: string[] }>();
  for (const { name, command, status, why = "" } of results) {
    if (status === "ok" || status === "nothing") continue;
    const kind = kindOf(why);
    const key = `${status} ${command} ${kind}`;
    const known = reasons.get(key) ?? { command, status, why: kind, files: [] };
    known.files.push(name);
    reasons.set(key, known);
  }
  return [...reasons.values()];
}

/** A reason without the names and numbers of one file. */
function kindOf(why: string): string {
  return why
    .replaceAll(/\/\S*\.onnx/g, "FILE")
    .replaceAll(/^([\w/-]+: )?nodes? \S+ (\(|of )/g, "$1node $2")
    .replaceAll(/\[[^\]]*\]/g, "[…]")
    .slice(0, 200);
}

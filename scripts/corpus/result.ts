import type { Cell, CommandName } from "./cells.js";
import type { Group, MissingFile } from "./files.js";
import type { Row } from "./survey.js";

export type Totals = Readonly<Record<Cell["status"], number>>;

/** A reason that cells have in common. */
export interface Reason {
  readonly command: CommandName;
  readonly status: Cell["status"];
  readonly why: string;
  readonly files: readonly string[];
}

/** What the survey came to. */
export interface CorpusResult {
  readonly totals: Readonly<Record<string, Totals>>;
  readonly rows: readonly {
    readonly group: Group;
    readonly name: string;
    readonly cells: Readonly<Record<string, Cell["status"]>>;
  }[];
  readonly reasons: readonly Reason[];
  readonly missing: readonly MissingFile[];
}

/** One row for each file, with the cells of all that are of it. */
export function mergedRows(rows: readonly Row[]): readonly Row[] {
  const merged = new Map<string, Row>();
  for (const row of rows) {
    const key = `${row.group} ${row.name}`;
    merged.set(key, { ...row, cells: { ...merged.get(key)?.cells, ...row.cells } });
  }
  return [...merged.values()];
}

/** Sums up rows, in the order of their names. */
export function resultOf(rows: readonly Row[], missing: readonly MissingFile[]): CorpusResult {
  const sorted = [...rows].sort((a, b) => (`${a.group} ${a.name}` < `${b.group} ${b.name}` ? -1 : 1));
  const totals: Record<string, Record<Cell["status"], number>> = {};
  const reasons = new Map<string, Reason & { readonly files: string[] }>();
  for (const { group, name, cells } of sorted) {
    for (const [command, { status, why = "" }] of Object.entries(cells) as [CommandName, Cell][]) {
      for (const key of ["all", group, command]) {
        totals[key] ??= { ok: 0, nothing: 0, refused: 0, wrong: 0 };
        totals[key][status]++;
      }
      if (status === "ok" || status === "nothing") continue;
      const kind = kindOf(why);
      const key = `${status} ${command} ${kind}`;
      const known = reasons.get(key) ?? { command, status, why: kind, files: [] };
      known.files.push(name);
      reasons.set(key, known);
    }
  }
  return {
    totals,
    rows: sorted.map(({ group, name, cells }) => ({
      group,
      name,
      cells: Object.fromEntries(Object.entries(cells).map(([command, { status }]) => [command, status])),
    })),
    reasons: [...reasons.values()].sort((a, b) => b.files.length - a.files.length),
    missing,
  };
}

/** A reason without the names and numbers of one file. */
function kindOf(why: string): string {
  return why
    .replaceAll(/\/\S*\.onnx/g, "FILE")
    .replaceAll(/^([\w/-]+: )?nodes? \S+ (\(|of )/g, "$1node $2")
    .replaceAll(/\[[^\]]*\]/g, "[…]")
    .slice(0, 200);
}

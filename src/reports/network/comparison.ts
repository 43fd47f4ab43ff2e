import type { BlockCounts } from "../../analysis/counts.js";
import type { Change } from "../../analysis/diff/changes.js";
import type { NamedModel } from "../../given/models.js";
import { type NamedModelsDiff, pairedModels } from "../diff/diff-models.js";
import { type ReportedNetwork, reportedNetwork } from "./network.js";

/** One network, or several that are compared with the first. */
export interface NetworkComparison {
  readonly networks: readonly ReportedNetwork[];
  /** Each network but the first, compared with the first. */
  readonly diffs: readonly NamedModelsDiff[];
  /** The blocks that are taken for each other; of one network, its blocks. */
  readonly rows: readonly ComparedBlocks[];
}

/** The same block in all networks; null in one that has none. */
export interface ComparedBlocks {
  readonly blocks: readonly (BlockCounts | null)[];
  /**
   * What each is compared with: the first network's block, counted as the comparison counts it, which folds its BatchNorms where those of a
   * file are. Null where that has none.
   */
  readonly against: readonly (BlockCounts | null)[];
  /** Whether anything in it differs from the first network. */
  readonly differs: boolean;
}

/** What a report says of networks that are open. */
export function networkComparison(models: readonly NamedModel[]): NetworkComparison {
  const networks = models.map(reportedNetwork);
  const [first, ...others] = models;
  if (first === undefined) return { networks, diffs: [], rows: [] };
  const paired = others.map((other) => pairedModels(first, other));
  const diffs = paired.map(({ diff }) => diff);
  return { networks, diffs, rows: rowsOf(networks, paired) };
}

type Paired = ReturnType<typeof pairedModels>;

interface Row {
  readonly blocks: (BlockCounts | null)[];
  readonly against: (BlockCounts | null)[];
  differs: boolean;
}

/** The rows of the first network in its order; a block that it lacks stands behind the one that it follows in its own network. */
function rowsOf([first]: readonly ReportedNetwork[], paired: readonly Paired[]): readonly ComparedBlocks[] {
  const columns = paired.length + 1;
  const none = (): null[] => Array.from({ length: columns }, () => null);
  const blank = (): Row => ({ blocks: none(), against: none(), differs: false });
  const rows = (first?.blocks ?? []).map((block): Row => {
    const row = blank();
    row.blocks[0] = block;
    return row;
  });
  const byPath = new Map(rows.map((row) => [row.blocks[0]?.path, row]));
  paired.forEach(({ blocks, diff }, i) => {
    let previous = -1;
    for (const [a, b] of blocks) {
      const known = a === undefined ? undefined : byPath.get(a.path);
      const row = known ?? blank();
      if (known === undefined) rows.splice(previous + 1, 0, row);
      previous = rows.indexOf(row);
      row.blocks[i + 1] = b ?? null;
      row.against[i + 1] = a ?? null;
      row.differs ||= b === undefined || a === undefined || differ(a, b) || isChanged(a.path, diff.changes);
    }
  });
  return rows;
}

/** Types and gates differ where the diff says so: a file may call them otherwise. */
function differ(a: BlockCounts, b: BlockCounts): boolean {
  return (
    a.parameters !== b.parameters ||
    a.macs !== b.macs ||
    a.output.slice(1).join() !== b.output.slice(1).join()
  );
}

function isChanged(path: string, changes: readonly Change[]): boolean {
  return changes.some(({ at }) => at === path || at.startsWith(`${path}/`));
}

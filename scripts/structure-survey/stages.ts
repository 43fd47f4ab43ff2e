import type { InspectedBlock } from "../../src/driver/inspect/inspect.js";

/** A stage as a module tree has it. */
export interface FoundStage {
  readonly blocks: number;
  readonly channels: number;
  /** Of the map that leaves it; null for tokens. */
  readonly side: number | null;
}

/** The stages of a report, without layers that are no block: those that only make the map smaller. */
export function stagesOf(blocks: readonly InspectedBlock[]): readonly FoundStage[] {
  const stages = new Map<number, FoundStage>();
  for (const { stage, block, channels, map } of blocks) {
    if (stage === null || block === "downsample") continue;
    const side = map === "" ? null : Number(map.split("x")[0]);
    const before = stages.get(stage)?.blocks ?? 0;
    stages.set(stage, { blocks: before + 1, channels: Number(channels[1]), side });
  }
  return [...stages.values()];
}

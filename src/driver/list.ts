import { readdirSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../base/package.js";
import { loadSpec } from "../spec/load.js";

/** A spec that ships with ecagen. The numbers are those of its `expect`, which every compile checks. */
export interface ListedSpec {
  readonly name: string;
  /** The file's path, for the other commands. */
  readonly file: string;
  readonly description: string;
  readonly input: readonly [channels: number, height: number, width: number];
  readonly parameters: number | null;
  readonly attentionParameters: number | null;
  readonly macs: number | null;
}

/** The specs that ship with ecagen, in the order of their names; those that hold `text` in name or description. */
export function listSpecs(text = ""): readonly ListedSpec[] {
  const folder = join(packageRoot(), "specs");
  const wanted = text.toLowerCase();
  return readdirSync(folder)
    .filter((file) => file.endsWith(".json"))
    .sort((a, b) => a.localeCompare(b, "en", { numeric: true }))
    .map((file): ListedSpec => {
      const { name, description = "", input, expect } = loadSpec(join(folder, file)).resolved;
      return {
        name,
        file: join(folder, file),
        description,
        input: [input.channels, input.height, input.width],
        parameters: expect.parameters ?? null,
        attentionParameters: expect.attentionParameters ?? null,
        macs: expect.macs ?? null,
      };
    })
    .filter(({ name, description, file }) => `${name} ${description} ${file}`.toLowerCase().includes(wanted));
}

import { shippedSpecs } from "../../files/spec-files.js";
import { specNetwork } from "../../given/spec-file.js";
import { attentionKindOf } from "../../ir/attention/modules.js";
import { placesOfInput } from "../../language/input.js";
import type { ListedSpec } from "./list.js";

/** What `ecagen list` knows of the specs that ship with ecagen, found by building each of them. */
export function galleryIndex(): readonly ListedSpec[] {
  return shippedSpecs()
    .map((spec): ListedSpec => {
      const { declared, spec: loaded } = specNetwork(spec);
      const { name, description = "", family = "", input, expect } = loaded.resolved;
      const kinds = declared.ops.flatMap(({ kind }) => attentionKindOf(kind) ?? []);
      return {
        name,
        file: `${spec}.json`,
        family,
        description,
        input: [input.channels, ...placesOfInput(input)],
        parameters: expect.parameters ?? null,
        attentionParameters: expect.attentionParameters ?? null,
        macs: expect.macs ?? null,
        attention: [...new Set(kinds)].sort(),
      };
    })
    .sort((a, b) => natural(a.family, b.family) || natural(a.file, b.file));
}

/** `b2` before `b10`. */
function natural(a: string, b: string): number {
  return a.localeCompare(b, "en", { numeric: true });
}

/** The index as its file has it: one spec a line, so that a difference shows which spec changed. */
export function galleryIndexText(): string {
  const lines = galleryIndex().map((spec) => JSON.stringify(spec));
  return `[\n${lines.join(",\n")}\n]\n`;
}

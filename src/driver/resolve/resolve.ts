import { loadSpec } from "../../files/spec-files.js";
import { notASpec } from "../../given/spec-file.js";
import type { AttentionOptions } from "../../ir/attention/modules.js";
import type { ResolvedBlock } from "../../language/blocks/registry.js";
import type { AttentionPosition } from "../../language/positions.js";
import type { ResolvedSpec } from "../../language/resolved.js";
import { isOnnx } from "../../onnx/file/names.js";

/** A block whose gates stand in keys of their own: one of each, or a list for a block of several gates. */
export type PrintedBlock = Omit<ResolvedBlock, "gates"> & {
  readonly attention?: AttentionOptions | readonly AttentionOptions[];
  readonly attentionPosition?: AttentionPosition | readonly AttentionPosition[];
};

/** A spec with everything said, as `ecagen resolve` prints it. */
export type PrintedSpec = Omit<ResolvedSpec, "blocks"> & { readonly blocks: readonly PrintedBlock[] };

/** A spec with everything said. Errors: `InputError` for a wrong spec, and for an ONNX file. */
export function resolve(file: string): PrintedSpec {
  if (isOnnx(file)) throw notASpec(file);
  const { resolved } = loadSpec(file);
  return { ...resolved, blocks: resolved.blocks.map(printed) };
}

function printed({ gates, ...block }: ResolvedBlock): PrintedBlock {
  const [gate, ...more] = gates;
  if (gate === undefined) return block;
  return more.length === 0
    ? { ...block, attention: gate.options, attentionPosition: gate.position }
    : {
        ...block,
        attention: gates.map(({ options }) => options),
        attentionPosition: gates.map(({ position }) => position),
      };
}

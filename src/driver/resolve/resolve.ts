import { loadSpec } from "../../files/spec-files.js";
import { notASpec } from "../../given/spec-file.js";
import { type FullSpec, fullSpec } from "../../language/full-spec.js";
import { type PrintedBlock, printedBlock } from "../../language/printed-block.js";
import type { ResolvedSpec } from "../../language/resolved.js";
import type { SpecChanges } from "../../language/settings.js";
import { isOnnx } from "../../onnx/file/names.js";

/** The resolved spec: repeats and scaling expanded, each block with its own numbers. */
export type PrintedSpec = Omit<ResolvedSpec, "blocks"> & {
  readonly blocks: readonly PrintedBlock[];
  /** The spec in full, which `ecagen resolve` prints: it compiles to the same bytes. */
  readonly spec: FullSpec;
};

/** A spec in full, and what the compiler makes of it. Errors: `InputError` for a wrong spec, and for an ONNX file. */
export function resolve(file: string, changes: SpecChanges = {}): PrintedSpec {
  if (isOnnx(file)) throw notASpec(file);
  const loaded = loadSpec(file, changes);
  const { resolved } = loaded;
  return { ...resolved, blocks: resolved.blocks.map(printedBlock), spec: fullSpec(loaded) };
}

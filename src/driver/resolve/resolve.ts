import { loadSpec } from "../../files/spec-files.js";
import { notASpec } from "../../given/spec-file.js";
import { type PrintedBlock, printedBlock } from "../../language/printed-block.js";
import type { ResolvedSpec } from "../../language/resolved.js";
import { isOnnx } from "../../onnx/file/names.js";

/** A spec with everything said, as `ecagen resolve` prints it. */
export type PrintedSpec = Omit<ResolvedSpec, "blocks"> & { readonly blocks: readonly PrintedBlock[] };

/** A spec with everything said. Errors: `InputError` for a wrong spec, and for an ONNX file. */
export function resolve(file: string): PrintedSpec {
  if (isOnnx(file)) throw notASpec(file);
  const { resolved } = loadSpec(file);
  return { ...resolved, blocks: resolved.blocks.map(printedBlock) };
}

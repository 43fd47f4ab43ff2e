import type { JsonPath } from "../base/json-path.js";
import type { AttentionOptions } from "../ir/attention/modules.js";
import { listedGates, type WrittenGates } from "./attention.js";
import type { AttentionPosition } from "./positions.js";
import type { ResolvedGate } from "./resolved-part.js";

/** The gates that a stage, or a layer, says the block of that index has, each at `usual` unless it says where. */
export function gatesOf(
  { attention }: { readonly attention?: WrittenGates | undefined },
  { index, specPath }: { readonly index: number; readonly specPath: JsonPath },
  usual: AttentionPosition,
): readonly ResolvedGate[] {
  return listedGates(attention).flatMap(({ gate, item }): readonly ResolvedGate[] => {
    const { position = usual, blocks, residual = false, ...options } = gate;
    if (blocks !== undefined && !blocks.includes(index)) return [];
    const below = item === undefined ? ["attention"] : ["attention", item];
    return [
      {
        options: options as AttentionOptions,
        position,
        residual,
        layer: below.join("/"),
        specPath: [...specPath, ...below],
      },
    ];
  });
}

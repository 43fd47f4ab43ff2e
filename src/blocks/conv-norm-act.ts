import type { Value } from "../ir/graph.js";
import type { ResolvedConvBlock } from "../spec/resolved.js";
import type { LayerBuilder } from "./layers.js";

/** x → conv → norm → activation [→ + x]. The sum comes after the activation, as in EfficientNetV2's `cn` blocks. */
export function buildConvNormAct(layers: LayerBuilder, x: Value, block: ResolvedConvBlock): Value {
  return layers.residual(x, layers.convNormAct(x, "", block), block);
}

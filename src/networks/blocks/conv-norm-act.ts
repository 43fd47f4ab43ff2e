import type { Value } from "../../ir/graph.js";
import type { ResolvedConvBlock } from "../../language/blocks/conv-norm-act.js";
import type { LayerBuilder } from "./layers.js";

/** x → conv → norm → activation [→ + x]. The sum comes after the activation, as in EfficientNetV2's `cn` blocks. */
export function buildConvNormAct(layers: LayerBuilder, x: Value, block: ResolvedConvBlock): Value {
  const entered = layers.attention(x, "pre", block);
  const branch = layers.convNormAct(entered, "", { ...block, endsBranch: block.residual });
  return layers.residual(x, branch, block);
}

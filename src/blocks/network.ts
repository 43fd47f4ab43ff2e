import { formatJsonPath, type JsonPath } from "../base/json-path.js";
import { GraphBuilder } from "../ir/builder.js";
import type { Graph, Loc, Value } from "../ir/graph.js";
import { DEFAULT_INITIALIZATION } from "../ir/initializers.js";
import { tensorType } from "../ir/types.js";
import { typeNameOf } from "../spec/blocks/registry.js";
import type { LayerDefaults, ResolvedBlock, ResolvedSpec } from "../spec/resolved.js";
import { buildHead } from "./head.js";
import { LayerBuilder } from "./layers.js";
import { blockBuilders } from "./registry.js";
import { buildStem } from "./stem.js";

/** The name of the batch, the one size that a spec leaves open. */
export const BATCH = "N";

/**
 * The network of a spec as IR:
 *
 *     input [N, C, H, W] [→ stem] → blocks, stage by stage → head → logits [N, classes]
 *
 * Everything is as the spec has it: attention and activations are model-level ops, normalisations are not
 * folded, drop rates are there for the code that trains.
 */
export function buildNetwork(spec: ResolvedSpec): Graph {
  const { channels, height, width } = spec.input;
  const builder = new GraphBuilder(spec.name);
  const input = builder.input("input", tensorType([BATCH, channels, height, width]));

  const enter = (scope: string, type: string, part: SpecPart, at: BlockSite): LayerBuilder => {
    const loc: Loc = { scope, specPath: formatJsonPath(part.specPath) };
    const { initialization } = part;
    const start = initialization === DEFAULT_INITIALIZATION ? {} : { initialization };
    builder.block({ scope, type, specPath: loc.specPath, ...at, ...start });
    return new LayerBuilder(builder, loc);
  };

  let x: Value = input;
  if (spec.stem !== undefined) {
    x = buildStem(enter("/stem", "stem", spec.stem, { inputChannels: channels }), x, spec.stem);
  }
  for (const block of spec.blocks) {
    const { stage, index, inputChannels } = block;
    const scope = `/stages/${stage}/blocks/${index}`;
    x = buildBlock(enter(scope, typeNameOf(block), block, { inputChannels, stage, index }), x, block);
  }
  const features = spec.blocks.at(-1)?.channels ?? channels;
  x = buildHead(enter("/head", "head", spec.head, { inputChannels: features }), x, spec.head);
  return builder.finish([x]);
}

interface SpecPart extends Pick<LayerDefaults, "initialization"> {
  readonly specPath: JsonPath;
}

interface BlockSite {
  readonly inputChannels: number;
  readonly stage?: number;
  readonly index?: number;
}

function buildBlock(layers: LayerBuilder, x: Value, block: ResolvedBlock): Value {
  const build = blockBuilders[block.block] as (layers: LayerBuilder, x: Value, block: ResolvedBlock) => Value;
  return build(layers, x, block);
}

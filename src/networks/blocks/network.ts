import { Defect } from "../../base/diagnostic.js";
import { formatJsonPath, type JsonPath } from "../../base/json-path.js";
import { GraphBuilder } from "../../ir/builder.js";
import type { Graph, Loc, Value } from "../../ir/graph.js";
import { DEFAULT_INITIALIZATION } from "../../ir/initializers.js";
import { nameOutputs } from "../../ir/rewrite.js";
import { type Dim, tensorType } from "../../ir/types.js";
import type { ResolvedBlock } from "../../language/blocks/registry.js";
import { outputsOfHead, selectsBoxes } from "../../language/detection/resolved.js";
import { mapKey } from "../../language/named-maps.js";
import { neededBlocks } from "../../language/needed-blocks.js";
import type { ResolvedSpec } from "../../language/resolved.js";
import type { LayerDefaults, MapSource } from "../../language/resolved-part.js";
import { buildDetection } from "../detection/detect.js";
import { joinMaps } from "./joins.js";
import { LayerBuilder } from "./layers.js";
import { buildMapHead, buildNeck } from "./neck-and-heads.js";
import { blockBuilders } from "./registry.js";
import { buildHead, buildStem } from "./stem-and-head.js";

/** The name of the batch, the one size that a spec leaves open. */
export const BATCH = "N";

/**
 * The network of a spec as IR:
 *
 *     input [N, C, H, W] [→ stem] → blocks, stage by stage → head → logits [N, classes]
 *                                         ├ features, by name [N, C', H', W']
 *                                         └ neck → heads, each over several maps [→ boxes]
 *
 * Everything is as the spec has it: attention and activations are model-level ops, normalisations are not
 * folded, drop rates are there for the code that trains.
 */
export function buildNetwork(spec: ResolvedSpec): Graph {
  const { channels, height, width } = spec.input;
  const builder = new GraphBuilder(spec.name);
  const input = builder.input("input", tensorType([batchOf(spec), channels, height, width]));

  const locOf = (scope: string, part: SpecPart): Loc => ({ scope, specPath: formatJsonPath(part.specPath) });
  const enter = (scope: string, type: string, part: SpecPart, at: BlockSite): LayerBuilder => {
    const loc = locOf(scope, part);
    const { initialization } = part;
    const start = initialization === DEFAULT_INITIALIZATION ? {} : { initialization };
    builder.block({ scope, type, specPath: loc.specPath, ...at, ...start });
    return new LayerBuilder(builder, loc);
  };

  const maps = new Map([[mapKey("input"), input as Value]]);
  const mapOf = (source: MapSource): Value => {
    const map = maps.get(mapKey(source));
    if (map === undefined) throw new Defect(`the network has no map ${mapKey(source)}`);
    return map;
  };
  let x: Value = input;
  if (spec.stem !== undefined) {
    const stem = buildStem(enter("/stem", "stem", spec.stem, { inputChannels: channels }), input, spec.stem);
    maps.set(mapKey("stem-convolutions"), stem.convolved);
    maps.set(mapKey("stem"), stem.result);
    x = stem.result;
  }
  for (const block of neededBlocks(spec)) {
    const { stage, index, inputChannels } = block;
    const scope = `/stages/${stage}/blocks/${index}`;
    const type = block.block === "defined" ? block.definition : block.block;
    const layers = enter(scope, type, block, { inputChannels, stage, index });
    x = buildBlock(layers, entering(layers, x, block, mapOf), block);
    maps.set(mapKey(block), x);
  }
  if (spec.neck !== undefined) {
    const { inputChannels } = spec.neck;
    const values = buildNeck(enter("/neck", "neck", spec.neck, { inputChannels }), spec.neck, mapOf);
    for (const [name, map] of values) maps.set(mapKey({ neck: name }), map);
  }
  const outputs = spec.features.map(({ name, place }): readonly [string, Value] => {
    if (place === undefined) throw new Defect(`the feature ${name} is no map`);
    return [name, mapOf(place.after)];
  });
  if (spec.head !== undefined) {
    const inputChannels = spec.blocks.at(-1)?.channels ?? channels;
    const logits = buildHead(enter("/head", "head", spec.head, { inputChannels }), x, spec.head);
    outputs.unshift([logits.name, logits]);
  }
  const results = new Map<string, readonly Value[]>();
  for (const head of spec.heads ?? []) {
    const scope = `/heads/${head.name}`;
    enter(scope, "map-head", head, { inputChannels: head.levels[0]?.inputChannels ?? channels });
    const built = buildMapHead(
      (level, shared) =>
        new LayerBuilder(builder, locOf(level === undefined ? scope : `${scope}/${level}`, head), shared),
      head,
      scope,
      (source, i) => {
        if (typeof source === "string" || !("head" in source)) return mapOf(source);
        const map = results.get(source.head)?.[i];
        if (map === undefined) throw new Defect(`the head ${source.head} has no map ${i}`);
        return map;
      },
    );
    results.set(head.name, built.results);
    outputsOfHead(head, spec.detection).forEach(([name], i) => {
      const value = built.outputs[i];
      if (value !== undefined) outputs.push([name, value]);
    });
  }
  const { detection } = spec;
  if (detection !== undefined) {
    const boxes = buildDetection(detection, {
      image: [height, width],
      resultsOf: (head) => results.get(head) ?? [],
      mapOf,
      enter: (scope, type, inputChannels) => enter(scope, type, detection, { inputChannels }),
    });
    outputs.push(...boxes);
  }
  return nameOutputs(
    builder.finish(outputs.map(([, value]) => value)),
    outputs.map(([name]) => name),
  );
}

/** The batch of a network: open, or one image where its boxes are selected. */
function batchOf({ detection }: ResolvedSpec): Dim {
  return selectsBoxes(detection) ? 1 : BATCH;
}

interface SpecPart extends Pick<LayerDefaults, "initialization"> {
  readonly specPath: JsonPath;
}

interface BlockSite {
  readonly inputChannels: number;
  readonly stage?: number;
  readonly index?: number;
}

/** What a block begins with: the maps that it reads, joined, or the last one. */
function entering(
  layers: LayerBuilder,
  last: Value,
  { reads, specPath }: ResolvedBlock,
  mapOf: (source: MapSource) => Value,
): Value {
  const [first, ...others] = (reads?.names ?? []).map(mapOf);
  if (reads === undefined || first === undefined) return last;
  return joinMaps(layers.writtenAt([...specPath, "from"]), [first, ...others], reads.how, "from");
}

function buildBlock(layers: LayerBuilder, x: Value, block: ResolvedBlock): Value {
  const build = blockBuilders[block.block] as (layers: LayerBuilder, x: Value, block: ResolvedBlock) => Value;
  return build(layers, x, block);
}

import { Defect } from "../../base/diagnostic.js";
import { formatJsonPath, type JsonPath } from "../../base/json-path.js";
import { GraphBuilder } from "../../ir/builder.js";
import type { Block, Graph, Value } from "../../ir/graph.js";
import { DEFAULT_INITIALIZATION } from "../../ir/initializers.js";
import { nameOutputs } from "../../ir/rewrite.js";
import { type Dim, tensorType } from "../../ir/types.js";
import type { ResolvedBlock } from "../../language/blocks/registry.js";
import { outputsOfHead, selectsBoxes } from "../../language/detection/resolved.js";
import { imageOf, placesOfInput } from "../../language/input.js";
import { mapKey } from "../../language/named-maps.js";
import { type HeadLevel, isOfHead } from "../../language/neck/resolved.js";
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
 *     input [N, C, H, W] or [N, C, L] [→ stem] → blocks, stage by stage → head → logits [N, classes]
 *                                         ├ features, by name [N, C', H', W']
 *                                         └ neck → heads, each over several maps [→ boxes]
 *
 * Everything is as the spec has it: attention and activations are model-level ops, normalisations are not
 * folded, drop rates are there for the code that trains.
 */
export function buildNetwork(spec: ResolvedSpec): Graph {
  const { channels } = spec.input;
  const places = placesOfInput(spec.input);
  const builder = new GraphBuilder(spec.name);
  const input = builder.input("input", tensorType([batchOf(spec), channels, ...places]));
  const site = new NetworkSite(builder);
  site.setMap("input", input);
  const mapOf = (source: MapSource): Value => site.mapOf(source);
  const last = buildStages(spec, input, site);
  if (spec.neck !== undefined) {
    const { inputChannels } = spec.neck;
    const layers = site.enter("/neck", "neck", spec.neck, { inputChannels });
    for (const [name, map] of buildNeck(layers, spec.neck, mapOf)) site.setMap({ neck: name }, map);
  }
  const outputs = spec.features.map(({ name, place }): NamedOutput => {
    if (place === undefined) throw new Defect(`the feature ${name} is no map`);
    return [name, mapOf(place.after)];
  });
  if (spec.head !== undefined) {
    const inputChannels = spec.blocks.at(-1)?.channels ?? channels;
    const logits = buildHead(site.enter("/head", "head", spec.head, { inputChannels }), last, spec.head);
    outputs.unshift([logits.name, logits]);
  }
  const heads = buildHeads(spec, site);
  outputs.push(...heads.outputs);
  const { detection } = spec;
  if (detection !== undefined) {
    const image = imageOf(spec.input);
    const boxes = buildDetection(detection, {
      image: [image.height, image.width],
      resultsOf: (head) => heads.results.get(head) ?? [],
      mapOf,
      enter: (scope, type, inputChannels) => site.enter(scope, type, detection, { inputChannels }),
    });
    outputs.push(...boxes);
  }
  return nameOutputs(
    builder.finish(outputs.map(([, value]) => value)),
    outputs.map(([name]) => name),
  );
}

type NamedOutput = readonly [name: string, value: Value];

/** Where the parts of a network are built, and the maps that there are so far. */
class NetworkSite {
  readonly #builder: GraphBuilder;
  readonly #maps = new Map<string, Value>();

  constructor(builder: GraphBuilder) {
    this.#builder = builder;
  }

  /** The layers of a part, which tables and selectors know by its scope. */
  enter(scope: string, type: string, part: SpecPart, at: BlockSite): LayerBuilder {
    const { initialization } = part;
    const start = initialization === DEFAULT_INITIALIZATION ? {} : { initialization };
    this.#builder.block({ scope, type, specPath: formatJsonPath(part.specPath), ...at, ...start });
    return this.layersAt(scope, part);
  }

  /** Layers below a part's scope. */
  layersAt(scope: string, { specPath }: SpecPart): LayerBuilder {
    return new LayerBuilder(this.#builder, { scope, specPath: formatJsonPath(specPath) });
  }

  mapOf(source: MapSource): Value {
    const map = this.#maps.get(mapKey(source));
    if (map === undefined) throw new Defect(`the network has no map ${mapKey(source)}`);
    return map;
  }

  setMap(source: MapSource, map: Value): void {
    this.#maps.set(mapKey(source), map);
  }
}

/** Stem and blocks; gives the last map. */
function buildStages(spec: ResolvedSpec, input: Value, site: NetworkSite): Value {
  const { stem } = spec;
  let x = input;
  if (stem !== undefined) {
    const inputChannels = spec.input.channels;
    const built = buildStem(site.enter("/stem", "stem", stem, { inputChannels }), input, stem);
    site.setMap("stem-convolutions", built.convolved);
    site.setMap("stem", built.result);
    x = built.result;
  }
  for (const block of neededBlocks(spec)) {
    const { stage, index, inputChannels } = block;
    const scope = `/stages/${stage}/blocks/${index}`;
    const type = block.block === "defined" ? block.definition : block.block;
    const layers = site.enter(scope, type, block, { inputChannels, stage, index });
    x = buildBlock(layers, entering(layers, x, block, site), block);
    site.setMap(block, x);
  }
  return x;
}

/** The heads in order: what each made of its maps, by its name, and the network's outputs among it. */
function buildHeads(
  { heads = [], detection, input }: ResolvedSpec,
  site: NetworkSite,
): { readonly results: ReadonlyMap<string, readonly Value[]>; readonly outputs: readonly NamedOutput[] } {
  const results = new Map<string, readonly Value[]>();
  const sourceOf = (source: HeadLevel["source"], i: number): Value => {
    if (!isOfHead(source)) return site.mapOf(source);
    return results.get(source.head)?.[i] ?? missing(source.head, i);
  };
  const outputs = heads.flatMap((head): readonly NamedOutput[] => {
    const scope = `/heads/${head.name}`;
    const { levels, share } = head;
    const by = levels.map(({ name }) => name);
    site.enter(scope, "map-head", head, {
      inputChannels: levels[0]?.inputChannels ?? input.channels,
      ...(share === "none" ? {} : { shared: { by, ownNorms: share === "all-but-norms" } }),
    });
    const layersOf = (level?: string): LayerBuilder =>
      site.layersAt(level === undefined ? scope : `${scope}/${level}`, head);
    const built = buildMapHead(layersOf, head, sourceOf);
    results.set(head.name, built.results);
    return outputsOfHead(head, detection).map(([name], i) => [
      name,
      built.outputs[i] ?? missing(head.name, i),
    ]);
  });
  return { results, outputs };
}

function missing(head: string, i: number): never {
  throw new Defect(`the head ${head} has no map ${i}`);
}

/** The batch of a network: open, or one image where its boxes are selected. */
function batchOf({ detection }: ResolvedSpec): Dim {
  return selectsBoxes(detection) ? 1 : BATCH;
}

interface SpecPart extends Pick<LayerDefaults, "initialization"> {
  readonly specPath: JsonPath;
}

type BlockSite = Pick<Block, "inputChannels" | "stage" | "index" | "shared">;

/** What a block begins with: the maps that it reads, joined, or the last one. */
function entering(
  layers: LayerBuilder,
  last: Value,
  { reads, specPath }: ResolvedBlock,
  site: NetworkSite,
): Value {
  const [first, ...others] = (reads?.names ?? []).map((name) => site.mapOf(name));
  if (reads === undefined || first === undefined) return last;
  return joinMaps(layers.writtenAt([...specPath, "from"]), [first, ...others], reads.how, "from");
}

function buildBlock(layers: LayerBuilder, x: Value, block: ResolvedBlock): Value {
  const build = blockBuilders[block.block] as (layers: LayerBuilder, x: Value, block: ResolvedBlock) => Value;
  return build(layers, x, block);
}

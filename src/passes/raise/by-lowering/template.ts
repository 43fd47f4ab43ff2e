import type { AttentionModule, AttentionSite, PlannedParameter } from "../../../ir/attention/module.js";
import {
  type AttentionOptions,
  type AttentionType,
  attentionModules,
} from "../../../ir/attention/modules.js";
import { GraphBuilder } from "../../../ir/builder.js";
import { type Graph, type Op, producersOf, type Value } from "../../../ir/graph.js";
import { gatedChannels, type TensorType, unlessRefused } from "../../../ir/types.js";
import { lowerAttention } from "../../lower/lower-attention.js";
import type { Dataflow } from "../dataflow.js";

/** Activations that stand for any: no lowering has them of its own. */
export const WILDCARDS = { hidden: "tanh", gate: "gelu" } as const;

/** What lowering makes of a module of given options at a site: the ops that a file has if the module is in it. */
export interface Template {
  /** The gated map. */
  readonly x: Value;
  readonly result: Value;
  readonly producers: ReadonlyMap<Value, Op>;
  /** The module's parameters by the names that they have in the template. */
  readonly parameters: ReadonlyMap<string, PlannedParameter>;
}

const SCOPE = "template";

/** Templates that were made once, of one search. */
class Templates {
  readonly #made = new Map<string, Template | undefined>();

  /** The template of a module over a map; undefined where the module refuses the options there. */
  get(
    type: AttentionType,
    options: Readonly<Record<string, unknown>>,
    map: TensorType,
  ): Template | undefined {
    const key = JSON.stringify([type, options, map]);
    if (!this.#made.has(key)) this.#made.set(key, makeTemplate(type, options, map));
    return this.#made.get(key);
  }
}

const templatesOf = new WeakMap<Dataflow, Templates>();

/** The templates of a search: a network has the same modules over the same maps again and again. */
export function templatesFor(flow: Dataflow): Templates {
  const known = templatesOf.get(flow) ?? new Templates();
  templatesOf.set(flow, known);
  return known;
}

/** Where a module over a map, or a signal, stands: in no block. */
export function siteOf(map: TensorType): AttentionSite {
  const [, channels] = gatedChannels(map, "x");
  const [, , height, width] = map.dims;
  const isMap = typeof height === "number" && typeof width === "number";
  return { channels, blockInputChannels: channels, map: isMap ? [height, width] : undefined };
}

function makeTemplate(
  type: AttentionType,
  options: Readonly<Record<string, unknown>>,
  map: TensorType,
): Template | undefined {
  const module: AttentionModule = attentionModules[type];
  const site = siteOf(map);
  const wanted = module.options.safeParse({ ...options, ...wildcardsOf(module) });
  if (!wanted.success) return undefined;
  const builder = new GraphBuilder(SCOPE);
  const x = builder.input("x", map);
  return unlessRefused(() => {
    const { parameters } = module.plan(wanted.data, site);
    const gate = builder.attention(x, { type, ...wanted.data } as AttentionOptions, site, {
      scope: `/${SCOPE}`,
    });
    const lowered = lowerAttention.run(builder.finish([gate]), { strategy: "reshape", target: "portable" });
    return templateFrom(lowered, x, parameters);
  });
}

function templateFrom(lowered: Graph, x: Value, planned: readonly PlannedParameter[]): Template | undefined {
  const [result] = lowered.outputs;
  return (
    result && {
      x,
      result,
      producers: producersOf(lowered),
      parameters: new Map(planned.map((each) => [`${SCOPE}.${each.name}`, each])),
    }
  );
}

function wildcardsOf({ options: { shape } }: AttentionModule): Readonly<Record<string, unknown>> {
  return {
    ...("activation" in shape ? { activation: WILDCARDS.hidden } : {}),
    ...("gate" in shape ? { gate: WILDCARDS.gate } : {}),
  };
}

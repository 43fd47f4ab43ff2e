import { basename } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { countNetwork } from "../../analysis/counts.js";
import { type Diagnostic, InputError } from "../../base/diagnostic.js";
import { didYouMean } from "../../base/suggest.js";
import type { Variant } from "../../codegen/subject.js";
import type { OpenWeights } from "../../given/weights.js";
import { withOpenWeights } from "../../given/weights.js";
import {
  type AttentionOptions,
  type AttentionType,
  attentionKindOf,
  attentionTypeOf,
  moduleOf,
  type SelectionType,
} from "../../ir/attention/modules.js";
import type { Graph } from "../../ir/graph.js";
import type { ResolvedSpec } from "../../language/resolved.js";
import type { WeightsOptions } from "../../networks/load-weights.js";
import type { NetworkOptions, SpecNetwork } from "../../networks/spec-network.js";
import { runPasses } from "../../passes/engine/manager.js";
import type { PassInvocation } from "../../passes/engine/pass.js";
import { invocationOf, printPipeline } from "../../passes/engine/pipeline.js";
import { programNetwork } from "./program-network.js";

/** The kinds of gates that are compared where a network can have them. */
const COMPARED: readonly AttentionType[] = ["se", "eca"];

export interface VariantsOptions
  extends Pick<NetworkOptions, "passes" | "resolution" | "inputShapes" | "changes">,
    WeightsOptions {
  /** Files of weights for single variants, as `eca=FILE`, instead of `weights`. */
  readonly variantWeights?: readonly string[] | undefined;
  readonly seed?: number | undefined;
}

/** A network that can stand beside others, before it is built with its weights. */
export interface VariantPlan extends Pick<Variant, "id" | "passes"> {
  /** All passes after the spec's own, in text form. */
  readonly pipeline: string | undefined;
}

/** A variant that is built. */
export interface VariantNetwork {
  readonly plan: VariantPlan;
  readonly network: SpecNetwork;
  /** The weights that it is built with, where some are given. */
  readonly given: OpenWeights | undefined;
}

/** The one plan of a program that has no variants. */
export function solePlan({ passes }: VariantsOptions): VariantPlan {
  return { id: "network", passes: "", pipeline: passes };
}

/**
 * The network of a spec, and those that its gates can become: SE, ECA and none. One that is there already is not made
 * again; a network without gates has just itself.
 *
 *     graph ┬ as it is
 *           ├ swap-attention{to=se}       with the spec's own options of SE, where its blocks agree on some
 *           ├ swap-attention{to=eca}
 *           └ remove-attention
 *
 * What a pass refuses is left out, with a warning.
 */
export function planVariants(
  specFile: string,
  { passes, resolution, changes }: VariantsOptions,
): { readonly plans: readonly VariantPlan[]; readonly warnings: readonly Diagnostic[] } {
  const { graph, spec } = programNetwork(specFile, { passes, resolution, changes });
  const plans = [planOf(graph, [], passes)];
  const warnings: Diagnostic[] = [];
  const kinds = kindsOf(graph);
  if (kinds.length === 0) return { plans, warnings };
  if (!graph.ops.some(({ kind }) => attentionTypeOf(kind) !== undefined)) {
    const message = `there are no variants: no pass swaps or removes gates of the kind ${kinds.join(", ")}`;
    return { plans, warnings: [{ code: "codegen/no-variant", message }] };
  }
  const swaps = COMPARED.map((type) =>
    invocationOf("swap-attention", { to: optionsOf(type, spec.resolved) }),
  );
  for (const invocation of [...swaps, invocationOf("remove-attention")]) {
    try {
      const plan = planOf(runPasses(graph, [invocation]).graph, [invocation], passes);
      if (plans.every(({ id }) => id !== plan.id)) plans.push(plan);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      const [cause] = error.diagnostics;
      const message = `there is no variant by ${printPipeline([invocation])}: ${cause?.message}`;
      warnings.push({ code: "codegen/no-variant", message });
    }
  }
  return { plans, warnings };
}

/** Builds the planned networks, with their weights open for as long as `use` takes. */
export async function withVariants<T>(
  specFile: string,
  plans: readonly VariantPlan[],
  options: VariantsOptions,
  use: (variants: readonly [VariantNetwork, ...VariantNetwork[]]) => Promise<T>,
): Promise<T> {
  const files = filesOf(plans, options.variantWeights ?? []);
  const weights = plans.map(({ id }) => ({ ...options, weights: files.get(id) ?? options.weights }));
  return await withEachOpen(weights, async (given) => {
    const variants = plans.map((plan, i) => {
      const { resolution, changes } = options;
      return {
        plan,
        network: programNetwork(specFile, { passes: plan.pipeline, resolution, changes, given: given[i] }),
        given: given[i],
      };
    });
    return await use(variants as [VariantNetwork, ...VariantNetwork[]]);
  });
}

/** What generators are told of a variant. */
export function describeVariant(
  { plan: { id, passes }, network: { graph, weights } }: VariantNetwork,
  { seed = 0 }: Pick<VariantsOptions, "seed">,
): Variant {
  const kinds = kindsOf(graph);
  return {
    id,
    title: kinds.map((kind) => kind.toUpperCase()).join(" + ") || "No gates",
    description: kinds.map((kind) => moduleOf(kind).title).join(", ") || "The network without attention",
    passes,
    gates: graph.ops.filter(({ kind }) => attentionKindOf(kind) !== undefined).length,
    counts: countNetwork(graph),
    weights: {
      file: weights && basename(weights.file),
      seed,
      initial: weights?.initial.length ?? 0,
      dropped: weights?.dropped.length ?? 0,
    },
  };
}

function planOf(graph: Graph, more: readonly PassInvocation[], passes: string | undefined): VariantPlan {
  const text = printPipeline(more);
  const pipeline = [passes ?? "", text].filter((each) => each.trim() !== "").join(",");
  const id = kindsOf(graph).join("_") || "none";
  return { id, passes: text, pipeline: pipeline === "" ? undefined : pipeline };
}

/** The kinds of attention in a network, in the order in which they come: a variant is named after them. */
function kindsOf(graph: Graph): readonly (AttentionType | SelectionType)[] {
  return [...new Set(graph.ops.flatMap((op) => attentionKindOf(op.kind) ?? []))];
}

/** The options of a kind of gate that the spec's blocks agree on, before passes swap them; else the kind's defaults. */
function optionsOf(type: AttentionType, { blocks }: ResolvedSpec): AttentionOptions | AttentionType {
  const written = blocks
    .flatMap(({ gates }) => gates.map(({ options }) => options))
    .filter((options) => options.type === type);
  const [first] = written;
  return first !== undefined && written.every((each) => isDeepStrictEqual(each, first)) ? first : type;
}

/** Errors: `InputError` for what is not `VARIANT=FILE`, for a variant that is not there, and for one named twice. */
function filesOf(plans: readonly VariantPlan[], texts: readonly string[]): ReadonlyMap<string, string> {
  const ids = plans.map(({ id }) => id);
  const files = new Map<string, string>();
  const problems: Diagnostic[] = [];
  for (const text of texts) {
    const [, id = "", file = ""] = /^([^=]*)=(.*)$/s.exec(text) ?? [];
    const refuse = (message: string, hint?: string): void => {
      problems.push({ code: "codegen/variant-weights", message, hint });
    };
    if (id === "" || file === "") {
      refuse(
        `--variant-weights takes VARIANT=FILE, not ${JSON.stringify(text)}`,
        `variants are ${ids.join(", ")}`,
      );
    } else if (!ids.includes(id)) {
      refuse(`--variant-weights: there is no variant ${JSON.stringify(id)}`, didYouMean(id, ids));
    } else if (files.has(id)) refuse(`--variant-weights: ${id} is given twice`);
    else files.set(id, file);
  }
  if (problems.length > 0) throw new InputError(problems);
  return files;
}

async function withEachOpen<T>(
  [first, ...rest]: readonly WeightsOptions[],
  use: (given: readonly (OpenWeights | undefined)[]) => Promise<T>,
): Promise<T> {
  if (first === undefined) return await use([]);
  // What the names are of is another variant's weights, or the module's.
  const own = first.weights === undefined ? {} : first;
  return await withOpenWeights(own, (given) => withEachOpen(rest, (more) => use([given, ...more])));
}

import { sha256Hex } from "../../base/sha256.js";
import { ATTENTION_TYPES, type AttentionType, attentionModules } from "../../ir/attention/modules.js";
import type { PassInvocation } from "../../passes/engine/pass.js";
import { invocationOf, printPipeline } from "../../passes/engine/pipeline.js";
import { NO_ATTENTION } from "../attention.js";
import { settingText } from "../settings.js";
import { type BaseFacts, GATE_KEY, type Point, pointsOf } from "./points.js";
import { isSweepWord, KEPT } from "./schema.js";
import type { RefuseSweep, Sweep } from "./sweep.js";

/** One network of a sweep, as the flags of any command would make it of its base. */
export interface SweepVariant {
  /** What of the base and its changes makes it up, hashed: the same in every run, on every machine. */
  readonly id: string;
  /** Its number in the sweep, from 0. */
  readonly index: number;
  /** Which of the sweep's bases. */
  readonly base: number;
  /** What the sweep says of it, without what says nothing of this variant, as γ and b where there is no ECA. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** `--set` */
  readonly set: readonly string[];
  /** `--resolution` */
  readonly resolution?: number | undefined;
  /** `--passes` */
  readonly passes?: string | undefined;
}

/**
 * The variants of a sweep, each once: combinations that differ in what says nothing are one.
 *
 * @param facts one for each base
 */
export function variantsOf(
  sweep: Sweep,
  facts: readonly BaseFacts[],
  refuse: RefuseSweep,
): readonly SweepVariant[] {
  refuseUnfit(sweep, facts, refuse);
  const variants = new Map<string, SweepVariant>();
  for (const point of pointsOf(sweep, facts, refuse)) {
    const base = facts[point.base];
    if (base === undefined) continue;
    const variant = variantOf(point, base, variants.size);
    if (!variants.has(variant.id)) variants.set(variant.id, variant);
  }
  const made = [...variants.values()];
  refuseUnsaid(sweep, made, refuse);
  return made;
}

/** Refuses axes that say nothing of any variant, as γ and b where no gate is ECA. A sample may have missed those of which they do. */
function refuseUnsaid({ axes, sample }: Sweep, variants: readonly SweepVariant[], refuse: RefuseSweep): void {
  if (sample !== undefined || variants.length === 0) return;
  for (const key of axes.keys()) {
    if (key === "eachGate" || variants.some(({ settings }) => Object.hasOwn(settings, key))) continue;
    refuse("sweep/field", `${JSON.stringify(key)} applies to no variant`, ["axes", key], {
      ...{
        key: true,
        hint: "kRule is about ECA gates, reduction about SE and its like, gatedStages about gates in stages, expansion about stages that have one",
      },
    });
  }
}

/** Settings that files have no use for. */
const OF_SPECS: readonly string[] = ["expansion", "width", "depth"];

function refuseUnfit({ bases, axes, list }: Sweep, facts: readonly BaseFacts[], refuse: RefuseSweep): void {
  const file = bases[facts.findIndex(({ kind }) => kind === "onnx")];
  const keyed = [
    ...[...axes.keys()].map((key) => [key, ["axes", key]] as const),
    ...list.flatMap((settings, i) => [...settings.keys()].map((key) => [key, ["list", i, key]] as const)),
  ];
  for (const [key, path] of keyed) {
    const isOfSpecs = !isSweepWord(key) || OF_SPECS.includes(key);
    if (file !== undefined && isOfSpecs) {
      const message = `${JSON.stringify(key)} is about specs; ${file.reference} is an ONNX file`;
      refuse("sweep/field", message, path, {
        key: true,
        hint: "gates, eachGate, gatedStages and resolution",
      });
    }
    if (key === "eachGate" && path[0] === "list")
      refuse("sweep/field", "eachGate is an axis for every gate; a list has gates", path, { key: true });
  }
  if (axes.has("eachGate") && facts.every(({ gates }) => gates.length === 0))
    refuse("sweep/field", "no base has a gate", ["axes", "eachGate"], { key: true });
}

function variantOf({ base, settings: asked }: Point, facts: BaseFacts, index: number): SweepVariant {
  const settings = new Map(asked);
  const passes = passesOf(settings, facts);
  const set = setOf(settings, facts);
  const resolution = settings.get("resolution") as number | undefined;
  const text = passes.length === 0 ? undefined : printPipeline(passes);
  const id = sha256Hex(JSON.stringify([facts.hash, set, resolution ?? null, text ?? null])).slice(0, 16);
  return {
    ...{ id, index, base, settings: Object.fromEntries(settings), set },
    ...(resolution === undefined ? {} : { resolution }),
    ...(text === undefined ? {} : { passes: text }),
  };
}

/** What is set in the spec. Takes the settings out that set nothing. */
function setOf(settings: Map<string, unknown>, { expandedStages }: BaseFacts): readonly string[] {
  if (expandedStages.length === 0) settings.delete("expansion");
  return [...settings].flatMap(([key, value]) => {
    if (key === "width" || key === "depth") return [settingText(`scaling.${key}`, value)];
    if (key === "expansion")
      return expandedStages.map((stage) => settingText(`stages[${stage}].expansion`, value));
    return isSweepWord(key) || key.startsWith(GATE_KEY) ? [] : [settingText(key, value)];
  });
}

/** A gate as a setting says it: its type, or its type with options. */
type WrittenGate = string | (Readonly<Record<string, unknown>> & { readonly type: string });

/** The passes that make the gates of a variant. Takes the settings out that are about gates which it has not. */
function passesOf(settings: Map<string, unknown>, facts: BaseFacts): readonly PassInvocation[] {
  const gates = (settings.get("gates") ?? KEPT) as WrittenGate;
  const one = [...settings].filter(([key]) => key.startsWith(GATE_KEY));
  return [
    ...exchanged(withOptions(gates, settings, facts), undefined),
    ...keptWithOptions(gates, settings, facts),
    ...one.flatMap(([key, gate]) => exchanged(gate as WrittenGate, key.slice(GATE_KEY.length))),
    ...outsideStages(gates, settings, facts),
  ];
}

function exchanged(gate: WrittenGate, path: string | undefined): readonly PassInvocation[] {
  if (gate === KEPT) return [];
  const at = path === undefined ? {} : { at: { path } };
  return gate === NO_ATTENTION
    ? [invocationOf("remove-attention", at)]
    : [invocationOf("swap-attention", { to: gate as AttentionType, ...at })];
}

/** The settings that are options of gates: which gates have them, and as what. */
const GATE_OPTIONS = {
  kRule: {
    ofType: (type: AttentionType) => type === "eca",
    kept: "eca",
    options: (value: unknown) => value as object,
  },
  reduction: {
    ofType: (type: AttentionType) => Object.hasOwn(attentionModules[type].options.shape, "reduction"),
    kept: "se",
    options: (value: unknown) => ({ reduction: value }),
  },
} as const;

type GateOption = keyof typeof GATE_OPTIONS;
const GATE_OPTION_NAMES = Object.keys(GATE_OPTIONS) as readonly GateOption[];

/** A gate that all become, with the options that other settings say of it. */
function withOptions(gate: WrittenGate, settings: Map<string, unknown>, facts: BaseFacts): WrittenGate {
  const name = typeof gate === "string" ? gate : gate.type;
  if (name === KEPT) return gate;
  const type = ATTENTION_TYPES.find((each) => each === name);
  let written = gate;
  for (const option of GATE_OPTION_NAMES) {
    if (!settings.has(option)) continue;
    const { ofType, options } = GATE_OPTIONS[option];
    if (facts.gates.length === 0 || type === undefined || !ofType(type)) settings.delete(option);
    else {
      const own = typeof written === "string" ? { type } : written;
      written = { ...own, ...options(settings.get(option)) };
    }
  }
  return written;
}

/** Gates of the base that stay, with the options that settings say of their kind. */
function keptWithOptions(
  gates: WrittenGate,
  settings: Map<string, unknown>,
  facts: BaseFacts,
): readonly PassInvocation[] {
  if (gates !== KEPT) return [];
  return GATE_OPTION_NAMES.flatMap((name) => {
    if (!settings.has(name)) return [];
    const { kept: type, options } = GATE_OPTIONS[name];
    if (!facts.gates.some((gate) => gate.type === type)) {
      settings.delete(name);
      return [];
    }
    const to = { type, ...options(settings.get(name)) } as { readonly type: AttentionType };
    return [invocationOf("swap-attention", { from: type, to: to as never })];
  });
}

/** The removal of the gates whose stages are not to have any. */
function outsideStages(
  gates: WrittenGate,
  settings: Map<string, unknown>,
  facts: BaseFacts,
): readonly PassInvocation[] {
  const kept = settings.get("gatedStages") as readonly number[] | undefined;
  if (kept === undefined) return [];
  const all = [...new Set(facts.gates.flatMap(({ stage }) => stage ?? []))].sort((a, b) => a - b);
  const stages = all.filter((stage) => !kept.includes(stage));
  if (gates === NO_ATTENTION || all.length === 0) settings.delete("gatedStages");
  return gates === NO_ATTENTION || stages.length === 0
    ? []
    : [invocationOf("remove-attention", { at: { stages } })];
}

import type { RuleName } from "../../base/diagnostic-codes/registry.js";
import type { JsonPath } from "../../base/json-path.js";
import type { WrittenGates } from "../attention.js";
import type { BuiltInStage } from "../blocks/registry.js";
import type { ResolvedSpec } from "../resolved.js";
import type { FilledSpec, Stem } from "../schema.js";

/** What a rule reads: a spec that the schema accepts. */
export interface RuleSubject {
  /** The spec as written, with the schema's defaults. */
  readonly written: {
    readonly input: FilledSpec["input"];
    readonly preprocessing: FilledSpec["preprocessing"];
    readonly stem: Stem | undefined;
    /** The stages; undefined for those of blocks that the spec defines. */
    readonly stages: readonly (BuiltInStage | undefined)[];
    /** The gates of each stage, of whatever blocks. */
    readonly gates: readonly (WrittenGates | undefined)[];
  };
  /** Undefined where a definition is wrong, as nothing can be made of its blocks then. */
  readonly resolved: ResolvedSpec | undefined;
}

export type Report = (path: JsonPath, message: string, hint?: string) => void;

/** Something that must be true of a spec and that its schema can't say. The name is the statement. */
export interface SpecRule {
  readonly name: RuleName;
  /** Why, in one or two sentences. */
  readonly doc: string;
  /** How to fix a spec that breaks it. */
  readonly remedy: string;
  check(subject: RuleSubject, report: Report): void;
}

/** Stem and stages with their paths: everything written that has a kernel and a stride. */
export function writtenLayers({ stem, stages }: RuleSubject["written"]) {
  const all = [
    { path: ["stem"], layer: stem },
    ...stages.map((layer, i) => ({ path: ["stages", i], layer })),
  ];
  return all.flatMap(({ path, layer }) => (layer === undefined ? [] : [{ path, layer }]));
}

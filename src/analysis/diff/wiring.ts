import { below, type ComparedLayer, isGate, isTrainingOnly, type LayerGraph, type Source } from "./layers.js";
import type { LayerPair } from "./pairs.js";

/** What a layer reads: another layer, an input by its index; undefined where layers in between were added or removed. */
type Origin = ComparedLayer | number | undefined;

/**
 * How paired layers hang together. Gates, layers that only act in training, and layers without a partner are looked
 * through: that they are there is another change.
 */
export class Wiring {
  readonly #partner: ReadonlyMap<ComparedLayer, ComparedLayer>;
  /** The layers and outputs behind a gate, of both graphs. */
  readonly #users = new Map<ComparedLayer, Set<ComparedLayer | number>>();

  constructor(pairs: readonly LayerPair[], graphs: readonly LayerGraph[]) {
    const partner = new Map<ComparedLayer, ComparedLayer>();
    for (const [a, b] of pairs) {
      if (a === undefined || b === undefined) continue;
      partner.set(a, b);
      partner.set(b, a);
    }
    this.#partner = partner;
    for (const { layers, outputs } of graphs) {
      for (const layer of layers) {
        if (this.#isLookedThrough(layer)) continue;
        for (const input of layer.inputs) this.#noteUser(input, layer);
      }
      outputs.forEach((output, i) => {
        this.#noteUser(output, i);
      });
    }
  }

  /**
   * What two layers of a block read, as texts with the names of a; undefined where it is the same, as far as can be said.
   */
  readings(
    a: ComparedLayer,
    b: ComparedLayer,
    block: string,
  ): readonly [before: string, after: string] | undefined {
    const [old, now] = [a, b].map(({ inputs }) => inputs.map((each) => this.#origin(each))) as [
      Origin[],
      Origin[],
    ];
    return this.#differing(old, now, block);
  }

  /** The layers that compute two outputs, if they are not the same. */
  outputSources(a: Source | undefined, b: Source | undefined): readonly [string, string] | undefined {
    return this.#differing([this.#origin(a)], [this.#origin(b)], "");
  }

  /** Where two gates stand, if not at the same position: `after depthwise/act, before project/conv`. */
  positions(
    a: ComparedLayer,
    b: ComparedLayer,
    block: string,
  ): readonly [before: string, after: string] | undefined {
    const [old, now] = [[this.#origin(a.inputs[0])], [this.#origin(b.inputs[0])]];
    const [usersA, usersB] = [[...(this.#users.get(a) ?? [])], [...(this.#users.get(b) ?? [])]];
    const from = this.#differing(old, now, block);
    const to = this.#differing(usersA, usersB, block);
    if (from === undefined && to === undefined) return undefined;
    const text = (origins: readonly Origin[], users: readonly Origin[], toA: boolean): string =>
      `after ${this.#names(origins, toA, block)}, before ${this.#names(users, toA, block)}`;
    return [text(old, usersA, false), text(now, usersB, true)];
  }

  #noteUser(source: Source | undefined, user: ComparedLayer | number): void {
    if (source === undefined || !("layer" in source) || !this.#isLookedThrough(source.layer)) return;
    const { layer } = source;
    const users = this.#users.get(layer);
    if (users === undefined) this.#users.set(layer, new Set([user]));
    else if (users.has(user)) return;
    else users.add(user);
    for (const input of layer.inputs) this.#noteUser(input, user);
  }

  #isLookedThrough(layer: ComparedLayer): boolean {
    return isGate(layer) || isTrainingOnly(layer) || !this.#partner.has(layer);
  }

  #origin(source: Source | undefined): Origin {
    if (source === undefined) return undefined;
    if (!("layer" in source)) return source.input;
    const { layer } = source;
    if (!this.#isLookedThrough(layer)) return layer;
    const [only, ...others] = layer.inputs;
    return others.length === 0 ? this.#origin(only) : undefined;
  }

  /** Texts for origins that are not each other's partners; undefined for the same ones, and where one isn't known. */
  #differing(
    old: readonly Origin[],
    now: readonly Origin[],
    block: string,
  ): readonly [string, string] | undefined {
    if ([...old, ...now].includes(undefined)) return undefined;
    const inA = now.map((each) => (typeof each === "object" ? this.#partner.get(each) : each));
    const isSame = old.length === inA.length && old.every((each) => inA.includes(each));
    return isSame ? undefined : [this.#names(old, false, block), this.#names(now, true, block)];
  }

  /** The names that layers have in a, below a block without its scope. */
  #names(origins: readonly Origin[], fromB: boolean, block: string): string {
    return origins
      .map((origin) => {
        if (origin === undefined) return "?";
        // Behind a gate a number is that of an output, before it that of an input.
        if (typeof origin === "number") return `${origin}`;
        const { scope } = ((fromB ? this.#partner.get(origin) : origin) ?? origin).op.loc;
        return below(scope, block);
      })
      .join(" and ");
  }
}

import { type Change, changeOf } from "./changes.js";
import { COMMUTATIVE, type ComparedLayer, isTrainingOnly, type LayerGraph, type Source } from "./layers.js";

/** A number for what each layer computes: equal ones compute the same of the same inputs and weights. */
type Numbers = ReadonlyMap<ComparedLayer, number>;

/**
 * Two graphs whose layers are numbered together: a layer's number follows from what it does and from the numbers of what it
 * reads, so that equal numbers of all outputs say that every layer on the way is the same.
 */
export class NumberedLayers {
  readonly #a: LayerGraph;
  readonly #b: LayerGraph;
  readonly #numbers: Numbers;
  readonly #known = new Map<string, number>();
  readonly #sharedNames: ReadonlySet<string>;

  /** Layers of the names that `sharedNames` has are the same only with the same name. */
  constructor(a: LayerGraph, b: LayerGraph, sharedNames: ReadonlySet<string> = new Set()) {
    [this.#a, this.#b] = [a, b];
    this.#sharedNames = sharedNames;
    const numbers = new Map<ComparedLayer, number>();
    for (const layer of [...a.layers, ...b.layers]) {
      numbers.set(layer, this.#number(this.#key(layer, numbers)));
    }
    this.#numbers = numbers;
  }

  /** Whether the layers of both graphs compute the same. */
  isEqual(): boolean {
    return this.#differingOutput() === undefined;
  }

  isSame(a: ComparedLayer, b: ComparedLayer): boolean {
    return this.#numbers.get(a) === this.#numbers.get(b);
  }

  /** What differs first on the way to an output, whatever it is; undefined for networks that compute the same. */
  firstDifference(): Change | undefined {
    let at = this.#differingOutput();
    for (;;) {
      if (at === undefined) return undefined;
      const [a, b] = at;
      const [left, right] = [layerIn(a), layerIn(b)];
      const inputs = left && right && this.#differingInput(left, right);
      if (inputs === undefined) {
        const scope = (left ?? right)?.op.loc.scope ?? "/";
        return changeOf("network-changed", scope, describe(a), describe(b));
      }
      at = inputs;
    }
  }

  #differingOutput(): SourcePair | undefined {
    const [a, b] = [this.#a.outputs, this.#b.outputs];
    const index = Array.from({ length: Math.max(a.length, b.length) }, (_, i) => i).find(
      (i) => this.#sourceKey(a[i]) !== this.#sourceKey(b[i]),
    );
    return index === undefined ? undefined : [a[index], b[index]];
  }

  /** The operands that differ, of layers that do the same with them. */
  #differingInput(a: ComparedLayer, b: ComparedLayer): SourcePair | undefined {
    if (doing(a) !== doing(b) || a.inputs.length !== b.inputs.length) return undefined;
    const index = a.inputs.findIndex((input, i) => this.#sourceKey(input) !== this.#sourceKey(b.inputs[i]));
    return index < 0 ? undefined : [a.inputs[index], b.inputs[index]];
  }

  #sourceKey(source: Source | undefined, numbers: Numbers = this.#numbers): string {
    if (source === undefined) return "constant";
    if (!("layer" in source)) return inputText(source);
    const { layer, result } = source;
    // What does nothing at inference is what it reads.
    return isTrainingOnly(layer)
      ? this.#sourceKey(layer.inputs[0], numbers)
      : `${numbers.get(layer)}:${result}`;
  }

  #key(layer: ComparedLayer, numbers: Numbers): string {
    const inputs = layer.inputs.map((input) => this.#sourceKey(input, numbers));
    const { scope } = layer.op.loc;
    const name = hasWeights(layer) && this.#sharedNames.has(scope) ? [scope] : [];
    return JSON.stringify([doing(layer), COMMUTATIVE.has(layer.kind) ? inputs.sort() : inputs, ...name]);
  }

  #number(key: string): number {
    const known = this.#known.get(key) ?? this.#known.size;
    this.#known.set(key, known);
    return known;
  }
}

type SourcePair = readonly [a: Source | undefined, b: Source | undefined];

/** The layer that a source is of, without those that do nothing at inference. */
function layerIn(source: Source | undefined): ComparedLayer | undefined {
  if (source === undefined || !("layer" in source)) return undefined;
  return isTrainingOnly(source.layer) ? layerIn(source.layer.inputs[0]) : source.layer;
}

/** The names of the layers with weights that both graphs have. */
export function sharedNames(a: LayerGraph, b: LayerGraph): ReadonlySet<string> {
  const [inA, inB] = [a, b].map(
    ({ layers }) => new Set(layers.filter(hasWeights).map(({ op }) => op.loc.scope)),
  );
  return new Set([...(inA ?? [])].filter((name) => inB?.has(name)));
}

function hasWeights({ facts }: ComparedLayer): boolean {
  return [...facts.values()].some(({ use }) => use === "size");
}

/** What a layer does with its operands, as a text. */
function doing({ kind, facts }: ComparedLayer): string {
  const computed = [...facts].filter(([, { use }]) => use === "computed" || use === "size");
  return `${kind} {${computed
    .map(([name, { text }]) => `${name} = ${text}`)
    .sort()
    .join(", ")}}`;
}

function describe(source: Source | undefined): string | null {
  if (source === undefined) return null;
  return "layer" in source
    ? `${doing(source.layer)} of ${source.layer.inputs.map(nameOf).join(", ")}`
    : inputText(source);
}

function nameOf(source: Source): string {
  return "layer" in source ? source.layer.op.loc.scope : inputText(source);
}

function inputText({ input, type }: Extract<Source, { readonly input: number }>): string {
  return `input ${input} ${type}`;
}

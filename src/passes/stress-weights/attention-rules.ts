import { activations } from "../../ir/activations.js";
import { gatherConvs } from "../../ir/attention/ge.js";
import type { AttentionType, SelectionType } from "../../ir/attention/registry.js";
import type { OpOf, Value } from "../../ir/graph.js";
import { type Distribution, normal, uniform } from "./distribution.js";
import {
  excitation,
  GATE_INPUT,
  gateLayer,
  gatePower,
  hiddenLayer,
  OFFSET,
  type Stress,
  type StressRule,
  sizesOf,
  stressGateNorm,
  stressNorm,
  TAPS,
  unitGain,
} from "./layers.js";
import { applied, largest, type Moments, perChannel, pooled, scaled, sum, variation } from "./moments.js";

/**
 * The places that a softmax over N(0, GATE_INPUT²) leaves to matter, as a share of all: exp(-σ²), the effective
 * sample size of weights that are log-normal.
 */
const ATTENDED_SHARE = Math.exp(-(GATE_INPUT ** 2));

/** What weights of unit gain make of a map: numbers around 1 that vary from place to place. */
const UNIT: Moments = { power: 1, steady: 0 };

/** The rule of every attention module; one without it is a compile error. */
export const attentionRules: {
  readonly [T in AttentionType | SelectionType as `attention.${T}`]: StressRule<`attention.${T}`>;
} = {
  "attention.se"({ operands: [map, reduce], attributes: { squeeze, hidden, gate } }, x) {
    const { channels, places } = sizesOf(map);
    const squeezes = { average: pooled(x, places), max: largest(x, places), none: x };
    const layers = excitation({ channels, squeezed: outputsOf(reduce), hidden }, squeezes[squeeze]);
    return {
      result: scaled(x, gatePower(gate, layers.expand.result)),
      parameters: [
        undefined,
        layers.reduce.weight,
        layers.expand.weight,
        layers.reduce.bias,
        layers.expand.bias,
      ],
    };
  },
  "attention.eca": stressTaps,
  "attention.eca-ns": stressTaps,
  "attention.ecam"({ operands: [map, enter], attributes: { kernel, hidden } }, x) {
    const first = hiddenLayer(1, pooled(x, sizesOf(map).places));
    const between = applied(activations[hidden].apply, first.result);
    const second = gateLayer(outputsOf(enter) * kernel, between);
    return {
      result: scaled(x, gatePower("sigmoid", second.result)),
      parameters: [undefined, first.weight, first.bias, second.weight, second.bias],
    };
  },
  "attention.ese": stressLinearGate,
  "attention.se-var3": stressLinearGate,
  "attention.se-gc": stressLinearGate,
  "attention.se-var1"({ operands: [map] }, x) {
    // The gate is no independent factor: channels of large means hold most of the power, and it lets them pass.
    const { power } = pooled(x, sizesOf(map).places);
    return { result: scaled(x, activations.sigmoid.apply(2 * Math.sqrt(power)) ** 2) };
  },
  "attention.se-var2"({ operands: [map] }, x) {
    const { weight, result } = gateLayer(1, pooled(x, sizesOf(map).places));
    return { result: scaled(x, gatePower("sigmoid", result)), parameters: [undefined, weight] };
  },
  "attention.cbam"({ operands: [map, reduce, , spatial], attributes: { hidden, gate } }, x) {
    const { channels, places } = sizesOf(map);
    const pools = sum(pooled(x, places), largest(x, places));
    const layers = excitation({ channels, squeezed: outputsOf(reduce), hidden }, pools);
    // Maxima have long tails, so the channel gates are near 0 or 1 more often than those of means: at worst at even
    // odds, which is a mean square of 1/2. A network whose power is taken for too small would explode.
    const scaledMap = scaled(x, Math.max(1 / 2, gatePower(gate, layers.expand.result)));
    const maxima = largest({ ...scaledMap, steady: 0 }, channels);
    const [, , kernel = 1] = (spatial?.type.dims ?? []) as readonly number[];
    const norm = stressGateNorm(UNIT);
    return {
      result: scaled(scaledMap, gatePower(gate, norm.result)),
      parameters: [
        undefined,
        layers.reduce.weight,
        layers.expand.weight,
        normal(unitGain(kernel ** 2, maxima)),
        ...norm.parameters,
        layers.reduce.bias,
        layers.expand.bias,
      ],
    };
  },
  "attention.gc"({ operands: [map, reduce], attributes: { fusion, hidden, gate } }, x) {
    const { channels, places } = sizesOf(map);
    const context = pooled(x, attendedPlaces(places));
    const layers = excitation({ channels, squeezed: outputsOf(reduce), hidden }, context);
    const delta = layers.expand.result;
    return {
      result: fusion === "add" ? sum(x, delta) : scaled(x, gatePower(gate, delta)),
      parameters: [
        undefined,
        layers.reduce.weight,
        layers.reduce.bias,
        // The layer normalisation's, which gives numbers around 1 by itself.
        uniform({ low: 0.5, high: 1.5 }),
        normal(OFFSET),
        layers.expand.weight,
        layers.expand.bias,
        // What all places share cancels in the softmax.
        normal(GATE_INPUT / (Math.sqrt(channels) * Math.max(variation(x), Number.EPSILON))),
        normal(OFFSET),
      ],
    };
  },
  "attention.ge"({ operands: [map, reduce], attributes: { extent, mlp, parameters, hidden, gate } }, x) {
    const { channels, places } = sizesOf(map);
    const window = extent === 0 ? places : Math.min(places, (2 * extent - 1) ** 2);
    const convs: (Distribution | undefined)[] = [];
    let gathered = parameters ? x : pooled(x, window);
    for (let i = 0; parameters && i < gatherConvs(extent); i++) {
      const before = i === 0 ? gathered : applied(activations[hidden].apply, gathered);
      const norm = stressNorm(UNIT);
      convs.push(normal(unitGain(extent === 0 ? places : 9, before)), ...norm.parameters);
      gathered = norm.result;
    }
    if (!mlp) return { result: scaled(x, gatePower(gate, gathered)), parameters: [undefined, ...convs] };
    const layers = excitation({ channels, squeezed: outputsOf(reduce), hidden }, gathered);
    return {
      result: scaled(x, gatePower(gate, layers.expand.result)),
      parameters: [
        undefined,
        layers.reduce.weight,
        layers.reduce.bias,
        layers.expand.weight,
        layers.expand.bias,
        ...convs,
      ],
    };
  },
  "attention.sk"({ operands: [map, reduce], attributes: { paths, hidden } }, x) {
    const { channels, places } = sizesOf(map);
    const fused = scaled(pooled(x, places), paths);
    const norm = stressNorm(UNIT);
    const between = applied(activations[hidden].apply, norm.result);
    const scores = gateLayer(outputsOf(reduce), between);
    // A softmax over M numbers of such a spread lies between one path alone and the mean of all.
    const power = (1 + 1 / paths) / 2;
    return {
      result: scaled(x, power),
      parameters: [undefined, normal(unitGain(channels / paths, fused)), ...norm.parameters, scores.weight],
    };
  },
  "attention.nl"({ operands: [map, theta], attributes: { pairwise, scale } }, x) {
    const { channels, places } = sizesOf(map);
    const squeezed = outputsOf(theta);
    // θ and φ so large that their scaled products spread like what goes into a gate.
    const compared = Math.sqrt(GATE_INPUT / (Math.sqrt(squeezed) * scale));
    const values = perChannel(1);
    const y =
      pairwise === "dot-product"
        ? scaled(values, GATE_INPUT ** 2 / places)
        : pooled({ power: 1, steady: x.steady / x.power }, attendedPlaces(places));
    const norm = stressNorm(UNIT);
    return {
      result: sum(x, norm.result),
      parameters: [
        undefined,
        normal(compared * unitGain(channels, x)),
        normal(OFFSET * compared),
        normal(compared * unitGain(channels, x)),
        normal(OFFSET * compared),
        normal(unitGain(channels, x)),
        normal(OFFSET),
        normal(unitGain(squeezed, y)),
        normal(OFFSET),
        ...norm.parameters,
      ],
    };
  },
  "attention.bam"({ operands: [map, reduce], attributes: { hidden } }, x) {
    const { channels, places } = sizesOf(map);
    const squeezed = outputsOf(reduce);
    const layers = excitation({ channels, squeezed, hidden }, pooled(x, places));
    const channelNorm = stressNorm(layers.expand.result);
    const enter = hiddenLayer(channels, x);
    const between = applied(activations[hidden].apply, enter.result);
    const wide = hiddenLayer(9 * squeezed, between);
    const leave = hiddenLayer(squeezed, between);
    const spatialNorm = stressGateNorm(leave.result);
    const scores = sum(channelNorm.result, spatialNorm.result);
    return {
      // x + x · gate, the gate's mean 1/2: E[(1 + gate)²] = 1 + 2 · 1/2 + E[gate²].
      result: scaled(x, 2 + gatePower("sigmoid", scores)),
      parameters: [
        undefined,
        ...[layers.reduce, layers.expand].flatMap(({ weight, bias }) => [weight, bias]),
        ...channelNorm.parameters,
        ...[enter, wide, wide, leave].flatMap(({ weight, bias }) => [weight, bias]),
        ...spatialNorm.parameters,
      ],
    };
  },
  "attention.a2"({ operands: [map, features] }, x) {
    const { channels, places } = sizesOf(map);
    const squeezed = outputsOf(features);
    const values = hiddenLayer(channels, x);
    // Scores that spread like what goes into a gate; of what they weigh, few places and few of M are left.
    const scores = gateLayer(channels, x);
    const y = pooled(
      pooled({ power: 1, steady: x.steady / x.power }, attendedPlaces(places)),
      attendedPlaces(squeezed),
    );
    const out = hiddenLayer(squeezed, y);
    return {
      result: sum(x, out.result),
      parameters: [undefined, ...[values, scores, scores, out].flatMap(({ weight, bias }) => [weight, bias])],
    };
  },
  "attention.coord"({ operands: [map, reduce], attributes: { hidden, gate } }, x) {
    const { channels, places } = sizesOf(map);
    const first = hiddenLayer(channels, pooled(x, Math.sqrt(places)));
    const norm = stressNorm(UNIT);
    const second = gateLayer(outputsOf(reduce), applied(activations[hidden].apply, norm.result));
    return {
      result: scaled(x, gatePower(gate, second.result) ** 2),
      parameters: [undefined, first.weight, ...norm.parameters, second.weight, second.weight],
    };
  },
  "attention.scse"({ operands: [map, reduce] }, x) {
    const { channels, places } = sizesOf(map);
    const layers = excitation({ channels, squeezed: outputsOf(reduce), hidden: "relu" }, pooled(x, places));
    const spatial = gateLayer(channels, x);
    // Two gates whose mean is 1/2: E[(a + b)²] = E[a²] + E[b²] + 2 · 1/2 · 1/2.
    const both = gatePower("sigmoid", layers.expand.result) + gatePower("sigmoid", spatial.result) + 0.5;
    return {
      result: scaled(x, both),
      parameters: [
        undefined,
        layers.reduce.weight,
        layers.expand.weight,
        spatial.weight,
        layers.reduce.bias,
        layers.expand.bias,
        spatial.bias,
      ],
    };
  },
};

/** A convolution along the channels. Its taps are so few that normal ones would all too often be next to nothing. */
function stressTaps(
  { operands: [map], attributes: { kernel } }: OpOf<"attention.eca" | "attention.eca-ns">,
  x: Moments,
): Stress {
  const gain = GATE_INPUT * unitGain(kernel, pooled(x, sizesOf(map).places));
  return {
    result: scaled(x, gatePower("sigmoid", perChannel(GATE_INPUT ** 2))),
    parameters: [undefined, uniform(TAPS, gain), normal(OFFSET)],
  };
}

function stressLinearGate(
  { operands: [map], attributes }: OpOf<"attention.ese" | "attention.se-var3" | "attention.se-gc">,
  x: Moments,
): Stress {
  const { channels, places } = sizesOf(map);
  const layer = gateLayer(channels / attributes.group, pooled(x, places));
  return {
    result: scaled(x, gatePower(attributes.gate, layer.result)),
    parameters: [undefined, layer.weight, layer.bias],
  };
}

function attendedPlaces(places: number): number {
  return Math.max(1, places * ATTENDED_SHARE);
}

/** Outputs of a layer: the first size of its weight. */
function outputsOf(weight: Value | undefined): number {
  return Number(weight?.type.dims[0]);
}

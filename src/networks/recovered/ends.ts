import type { RecoveredBlock } from "../../analysis/structure/classify.js";
import { isActivated, isConv } from "../../analysis/structure/units.js";
import { operandsOf } from "../../ir/ops/registry.js";
import { isOp } from "../../ir/rewrite.js";
import type { Dataflow } from "../../passes/raise/dataflow.js";
import { activationOf, convOf, sideOf, strideOfConv, widthOf } from "./layers.js";
import { unknown } from "./unknown-structure.js";

type Section = Readonly<Record<string, unknown>>;

/** The stem in a spec's words. */
export function writtenStem({ units }: RecoveredBlock, flow: Dataflow): Section {
  const convs = units.filter(({ core }) => isConv(core));
  const first = convs[0];
  if (first === undefined) return unknown("it has no convolution");
  const strides = convs.map((unit) => strideOfConv(convOf(unit)));
  // A second convolution with a stride is instead of a pooling, as in ResNet-RS.
  const pooling = strides.length > 1 && (strides.at(-1) ?? 1) > 1 ? convs.at(-1) : undefined;
  const own = pooling === undefined ? convs : convs.slice(0, -1);
  const last = own.at(-1) ?? first;
  const others = units.filter(({ core }) => !isConv(core));
  if (others.some(({ core }) => core.kind !== "pool") || others.length > 1)
    unknown("it has other layers than convolutions and a pooling");
  const pool = others[0]?.ops.find((op) => isOp(op, "max_pool"));
  const activation = units.flatMap(({ after }) => after.flatMap((atom) => activationOf(atom, flow) ?? []))[0];
  return {
    ...(own.length > 1 ? { deep: own.slice(0, -1).map((unit) => widthOf(convOf(unit))) } : {}),
    channels: widthOf(convOf(last)),
    kernel: sideOf(convOf(first)),
    stride: strides[0],
    ...(isActivated(last) ? {} : { normalized: false }),
    ...(activation === undefined ? {} : { activation }),
    ...(pooling === undefined
      ? {}
      : { pool: { type: "conv", kernel: sideOf(convOf(pooling)), stride: strides.at(-1) } }),
    ...(pool !== undefined && isOp(pool, "max_pool") ? { pool: poolOf(pool.attributes) } : {}),
  };
}

interface PoolAttributes {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly pads: readonly number[];
}

function poolOf({ kernel, strides, pads }: PoolAttributes): Section {
  const [top, left, bottom, right] = pads;
  const padding = top === bottom && left === right && top !== 0 ? "symmetric" : "ceil";
  return { kernel: kernel[0], stride: strides[0], padding };
}

/**
 * The blocks as a spec has them: a convolution in front of the head's pooling and its two linear layers, as MobileNetV3 ends, is a stage.
 */
export function withoutWideHead(recovered: readonly RecoveredBlock[]): readonly RecoveredBlock[] {
  return recovered.flatMap((each): readonly RecoveredBlock[] => {
    const [first, next] = each.units;
    const linear = each.units.filter(({ core }) => core.kind === "linear");
    const isWide = each.block.type === "head" && first !== undefined && isConv(first.core);
    if (!isWide || next === undefined || linear.length < 2) return [each];
    const { from, to, ops, sizes } = first;
    const own = new Set(ops);
    const block = {
      ...each.block,
      scope: `${each.block.scope}/conv`,
      type: "conv-norm-act",
      stage: 0,
      index: 0,
    };
    return [
      { ...each, type: "conv-norm-act", block, units: [first], ops, from, to },
      {
        ...each,
        block: { ...each.block, inputChannels: Number(sizes.to.channels) || 0 },
        units: each.units.slice(1),
        ops: each.ops.filter((op) => !own.has(op)),
        from: next.from,
      },
    ];
  });
}

/** The head in a spec's words. */
export function writtenHead({ units, to }: RecoveredBlock, flow: Dataflow): Section {
  const [conv, another] = units.filter(({ core }) => isConv(core));
  if (another !== undefined) return unknown("it has several convolutions");
  const linear = units.filter(({ core }) => core.kind === "linear");
  if (linear.length > 2) return unknown("it has more than two linear layers");
  const classes = Number(to.type.dims[1]);
  if (to.type.dims.length !== 2) return unknown("it does not end in a row of classes");
  const around = units.flatMap(({ before, after }) => [...before, ...after]);
  const activation = around.flatMap((atom) => activationOf(atom, flow) ?? [])[0];
  const layer = conv && operandsOf(convOf(conv));
  // A map of one pixel says nothing of it: small images leave one in front of the pooling too.
  const poolFirst = conv !== undefined && units.indexOf(conv) > 0;
  const first = linear.length > 1 && conv === undefined ? linear[0] : undefined;
  return {
    ...(units[0]?.before.some(({ kind }) => kind === "norm") ? { preactivation: true } : {}),
    ...(conv === undefined ? {} : { channels: widthOf(convOf(conv)) }),
    ...(layer !== undefined && poolFirst ? { poolFirst, bias: layer.bias !== undefined } : {}),
    ...(first === undefined ? {} : { channels: Number(first.to.type.dims[1]), poolFirst: true }),
    ...(activation === undefined ? {} : { activation }),
    classes,
  };
}

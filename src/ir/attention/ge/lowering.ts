import type { OpOf, Value } from "../../graph.js";
import { operandsOf } from "../../ops/registry.js";
import type { RewriteContext } from "../../rewrite.js";
import { featureMap } from "../../types.js";
import { storedWeight, type WeightExpr } from "../../weight.js";
import { batchNormed, bottleneck } from "../lowering/parts.js";
import { type GatherExciteParts, gatherConv, gatherExciteParts, gatherWindows } from "./module.js";

/**
 *     x ─ gather ─ (conv 1×1 ─ hidden ─ conv 1×1) ─ gate ─ matmul, matmul ─┐
 *     └─────────────────────────────────────────────────────────────────── mul
 *
 * The gather is a pool, or depthwise convolutions with batch_norm. A gathered map is enlarged to the nearest position
 * by products with tables of 0 and 1, rows · map · columns: Resize rounds differently from runtime to runtime.
 */
export function lowerGe(op: OpOf<"attention.ge">, context: RewriteContext): Value {
  const { x, parameters } = operandsOf(op);
  const { hidden, gate } = op.attributes;
  const { excite, convs } = gatherExciteParts(parameters, op.attributes);
  const gathered = gather(op, x, convs, context);
  const scores = excite === undefined ? gathered : bottleneck(context, gathered, { ...excite, hidden });
  const gates = context.op(gate, [scores], {}, "gate");
  return context.op("mul", [x, enlarged(context, gates, x)], {});
}

function gather(
  op: OpOf<"attention.ge">,
  x: Value,
  convs: GatherExciteParts<Value>["convs"],
  context: RewriteContext,
): Value {
  const { extent, parameters, hidden, epsilon } = op.attributes;
  if (!parameters) {
    return extent === 0
      ? context.op("global_avg_pool", [x], {}, "pool")
      : context.op("avg_pool", [x], gatherWindows(extent), "pool");
  }
  const group = Number(x.type.dims[1]);
  let map = x;
  convs.forEach(({ weight, norm }, i) => {
    const name = `gather${i + 1}`;
    if (i > 0) map = context.op(hidden, [map], {}, `${name}/act`);
    const convolved = context.op("conv", [map, weight], { ...gatherConv(extent), group }, `${name}/conv`);
    map = batchNormed(context, convolved, norm, epsilon, `${name}/norm`);
  });
  return map;
}

/** The gates at the size of x; those of a 1×1 map are repeated by the product with x anyway. */
function enlarged(context: RewriteContext, gates: Value, x: Value): Value {
  const [, , rows, columns] = featureMap(gates.type, "the gates");
  const [, , height, width] = featureMap(x.type, "x");
  if (rows === 1 && columns === 1) return gates;
  const down = context.constant("nearest_rows", nearest(height, rows, "rows"));
  const across = context.constant("nearest_columns", nearest(width, columns, "columns"));
  const tall = context.op("matmul", [down, gates], {}, "taller");
  return context.op("matmul", [tall, across], {}, "wider");
}

/** 1 where position p of `size` takes its number from position ⌊p·from/size⌋ of `from`, as [size, from] or turned. */
function nearest(size: number, from: number, along: "rows" | "columns"): WeightExpr {
  const dims = along === "rows" ? [size, from] : [from, size];
  const data = new Float32Array(size * from);
  for (let p = 0; p < size; p++) {
    const source = Math.floor((p * from) / size);
    data[along === "rows" ? p * from + source : source * size + p] = 1;
  }
  return storedWeight(dims, `nearest of ${from} for ${size} ${along}`, data);
}

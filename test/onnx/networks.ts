import { GraphBuilder } from "../../src/ir/builder.js";
import type { Graph, Value } from "../../src/ir/graph.js";
import { fanOutNormal, startAtZero, uniformByFan } from "../../src/ir/initializers.js";
import { type Dim, tensorType } from "../../src/ir/types.js";

/** How a small ECA gate is written in primitives: over an [N, 1, C, 1] or over an [N, 1, 1, C] map. */
export type GateForm = "reshape" | "transpose";

/** Convolutions, a gate in the given form, a residual, a classifier: what an exported network consists of. */
export function smallNetwork(form: GateForm = "transpose", batch: Dim = "N", width = 16): Graph {
  const builder = new GraphBuilder("small");
  const input = builder.input("x", tensorType([batch, 3, 32, 32]));
  const stem = conv(builder, input, "/stem", width, 3, 2);
  const gated = gate(builder, silu(builder, stem, "/stem/act"), "/stages/0/blocks/0/attention", form);
  const project = conv(builder, gated, "/stages/0/blocks/0/project", width, 1, 1);
  const sum = builder.op("add", [project, stem], {}, { scope: "/stages/0/blocks/0/residual" });
  const pooled = builder.op("global_avg_pool", [sum], {}, { scope: "/head/pool" });
  const rows = builder.op("flatten", [pooled], {}, { scope: "/head/flatten" });
  const weight = builder.parameter("head.fc.weight", [10, width], uniformByFan(10));
  const logits = builder.op("gemm", [rows, weight], {}, { scope: "/head/fc" }, "logits");
  return builder.finish([logits]);
}

function conv(
  builder: GraphBuilder,
  x: Value,
  scope: string,
  outputs: number,
  kernel: number,
  stride: number,
): Value {
  const name = scope.slice(1).replaceAll("/", ".");
  const channels = Number(x.type.dims[1]);
  const weight = builder.parameter(`${name}.weight`, [outputs, channels, kernel, kernel], fanOutNormal());
  const bias = builder.parameter(`${name}.bias`, [outputs], startAtZero);
  const pad = (kernel - 1) / 2;
  return builder.op(
    "conv",
    [x, weight, bias],
    { strides: [stride, stride], pads: [pad, pad, pad, pad] },
    { scope },
  );
}

function silu(builder: GraphBuilder, x: Value, scope: string): Value {
  return builder.op("mul", [x, builder.op("sigmoid", [x], {}, { scope })], {}, { scope });
}

function gate(builder: GraphBuilder, x: Value, scope: string, form: GateForm): Value {
  const loc = { scope };
  const reshape = form === "reshape";
  const squeezed = builder.op("global_avg_pool", [x], {}, loc);
  const weight = builder.parameter("eca.weight", reshape ? [1, 1, 3, 1] : [1, 1, 1, 3], uniformByFan(3));
  const line = reshape
    ? builder.op("reshape", [squeezed], { shape: [0, 1, -1, 1] }, loc)
    : builder.op("transpose", [squeezed], { permutation: [0, 2, 3, 1] }, loc);
  const mixed = builder.op("conv", [line, weight], { pads: reshape ? [1, 0, 1, 0] : [0, 1, 0, 1] }, loc);
  const open = builder.op("sigmoid", [mixed], {}, loc);
  const back = reshape
    ? builder.op("reshape", [open], { shape: [0, -1, 1, 1] }, loc)
    : builder.op("transpose", [open], { permutation: [0, 3, 1, 2] }, loc);
  return builder.op("mul", [x, back], {}, loc);
}

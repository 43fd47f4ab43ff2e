import { LayerBuilder } from "../src/blocks/layers.js";
import { GraphBuilder } from "../src/ir/builder.js";
import { tensorType } from "../src/ir/types.js";
import { runPasses } from "../src/passes/manager.js";
import { parsePipeline } from "../src/passes/pipeline.js";
import { evaluateWithout, traceGraph } from "../src/reference/interpreter.js";
import { numbersOf, randomInputs } from "./passes/support.js";

const rms = (d: Float64Array) => Math.sqrt(d.reduce((a, b) => a + b * b, 0) / d.length);
const W = Number(process.argv[2] ?? 16);
for (const act of ["silu", "relu"] as const)
  for (const gate of ["se", "eca"] as const)
    for (const side of [8]) {
      const b = new GraphBuilder("deep");
      let x: any = b.input("input", tensorType(["N", 3, side, side]));
      const norm = { epsilon: 1e-5, momentum: 0.1 },
        d = { activation: act, norm, padding: "symmetric" as const };
      x = new LayerBuilder(b, { scope: "/stem" }).convNormAct(x, "", {
        ...d,
        channels: W,
        kernel: 3,
        stride: 1,
      });
      for (let i = 0; i < 50; i++) {
        const L = new LayerBuilder(b, { scope: `/stages/0/blocks/${i}` });
        b.block({ scope: `/stages/0/blocks/${i}`, type: "ir", inputChannels: W, stage: 0, index: i });
        let y = L.convNormAct(x, "expand", { ...d, channels: 4 * W, kernel: 1, stride: 1 });
        y = L.convNormAct(y, "dw", { ...d, channels: 4 * W, kernel: 3, stride: 1, groups: 4 * W });
        y = L.attention(y, {
          attention:
            gate === "se"
              ? ({
                  type: "se",
                  ratio: 0.25,
                  ratioOf: "block-input",
                  divisor: 1,
                  activation: act,
                  gate: "sigmoid",
                  bias: true,
                } as any)
              : ({ type: "eca", rule: "eca-net", gamma: 2, b: 1 } as any),
          inputChannels: W,
          stage: 0,
        }) as any;
        y = L.convNorm(y, "project", { ...d, channels: W, kernel: 1, stride: 1 });
        x = L.residual(x, y, { residual: i % 5 !== 0, dropPath: 0 });
      }
      const g = b.finish([x]);
      const s = runPasses(g, parsePipeline("stress-weights")).graph;
      const inputs = randomInputs(s, 1);
      const tr = traceGraph(s, inputs, numbersOf);
      const out = tr.get(s.outputs[0]!)!.data;
      const gates = s.ops.filter((o) => o.kind.startsWith("attention"));
      const all: number[] = [];
      const moved: number[] = [];
      gates.forEach((o, gi) => {
        const a = tr.get(o.operands[0]!)!.data,
          c = tr.get(o.results[0]!)!.data;
        for (let i = 0; i < 4 * W; i++) {
          let best = 0;
          for (let p = 0; p < side * side; p++)
            if (Math.abs(a[i * side * side + p]!) > Math.abs(a[i * side * side + best]!)) best = p;
          const v = a[i * side * side + best]!;
          if (v) all.push(c[i * side * side + best]! / v);
        }
        if (gi % 5 === 0 || gi < 3) {
          const w = evaluateWithout(s, tr, o, numbersOf).get(s.outputs[0]!.name)!.data;
          moved.push(rms(w.map((v, i) => v - out[i]!)) / rms(out));
        }
      });
      all.sort((p, q) => p - q);
      const q = (f: number) => all[Math.floor(f * (all.length - 1))]!.toFixed(3);
      const i2 = new Map([...inputs].map(([k, t]) => [k, { dims: t.dims, data: t.data.map((v) => -v) }]));
      const o2 = traceGraph(s, i2 as any, numbersOf).get(s.outputs[0]!)!.data;
      console.log(
        act,
        gate,
        side,
        "gates q05..q95",
        q(0.05),
        q(0.25),
        q(0.5),
        q(0.75),
        q(0.95),
        "moved",
        moved.map((v) => v.toFixed(3)).join(" "),
        "rms at",
        [0, 10, 20, 30, 40, 49]
          .map((i) =>
            rms(
              tr.get(s.ops.findLast((o) => o.loc.scope.startsWith(`/stages/0/blocks/${i}/`))!.results[0]!)!
                .data,
            ).toFixed(2),
          )
          .join(" "),
        "input flips move",
        (rms(o2.map((v, i) => v - out[i]!)) / rms(out)).toFixed(3),
      );
    }

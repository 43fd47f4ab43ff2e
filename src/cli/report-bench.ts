import { type Cell, counted, type Table, worded } from "../base/table.js";
import { oneVisibleLine } from "../base/visible-text.js";
import type { BenchReport } from "../driver/bench/bench.js";
import { deviceText } from "./format.js";
import { terminalTable } from "./tables/table.js";

/** What `ecagen bench` prints for people. */
export function benchText(report: BenchReport): string {
  const [models, ...profiles] = benchTables(report);
  return [
    models === undefined ? "" : terminalTable(models),
    ...profiles.map((profile) => `${profile.title}\n${terminalTable(profile)}`),
    besideBench(report),
  ].join("\n");
}

/** How it was measured. */
export function besideBench({ device, processes, runs, warmup, threads }: BenchReport): string {
  return `${processes} processes, ${runs} interleaved runs in each after ${warmup} to warm up; ${deviceText(device)}; threads: ${threads ?? "ONNX Runtime's choice"}\n`;
}

/** The models, and the operators of each where they were measured. */
export function benchTables({ models, profiles = [] }: BenchReport): readonly Table[] {
  const head = ["model", "batch", "median ms", "min ms", "p90 ms", "ratio", "95 %", "images/s", "load ms"];
  const rows = models.map((model, i): readonly Cell[] => [
    model.file,
    counted(model.batch),
    worded(model.medianMs, milliseconds),
    worded(model.minMs, milliseconds),
    worded(model.p90Ms, milliseconds),
    worded(model.ratio, (ratio) => ratio.toFixed(3)),
    // The first model of each batch is what the others are compared with.
    model.ratioInterval === null || models.findIndex(({ batch }) => batch === model.batch) === i
      ? ""
      : model.ratioInterval.map((bound) => bound.toFixed(3)).join(" to "),
    worded(model.imagesPerSecond, (images) => images.toPrecision(3)),
    worded(model.createMs, milliseconds),
  ]);
  const operators = profiles.map(
    (profile): Table => ({
      title: `${oneVisibleLine(profile.file)}, batch ${profile.batch}`,
      head: ["operator", "ran on", "nodes", "ms", "share"],
      rows: profile.operators.map(({ op, provider, nodes, ms, share }) => [
        op,
        provider.replace(/ExecutionProvider$/, ""),
        counted(nodes),
        worded(ms, milliseconds),
        worded(share, (part) => `${(100 * part).toFixed(1)} %`),
      ]),
    }),
  );
  return [{ head, rows }, ...operators];
}

/** The same as comma-separated values, with a head (RFC 4180). */
export function benchCsv({ models }: BenchReport): string {
  const head = "file,batch,medianMs,minMs,p90Ms,ratio,ratioLow,ratioHigh,imagesPerSecond,createMs";
  const rows = models.map(
    ({ file, batch, medianMs, minMs, p90Ms, ratio, ratioInterval, imagesPerSecond, createMs }) => {
      const [low, high] = ratioInterval ?? ["", ""];
      const name = /[",\r\n]/.test(file) ? `"${file.replaceAll('"', '""')}"` : file;
      return [name, batch, medianMs, minMs, p90Ms, ratio, low, high, imagesPerSecond, createMs].join(",");
    },
  );
  return `${[head, ...rows].join("\r\n")}\r\n`;
}

function milliseconds(ms: number): string {
  return ms >= 100 ? ms.toFixed(0) : ms.toPrecision(3);
}

import { oneVisibleLine } from "../base/visible-text.js";
import type { BenchReport } from "../driver/bench/bench.js";
import { deviceText, table } from "./format.js";

/** What `ecagen bench` prints for people. */
export function benchText(report: BenchReport): string {
  const { device, models, profiles = [], processes, runs, warmup, threads } = report;
  const head = ["model", "batch", "median ms", "min ms", "p90 ms", "ratio", "95 %", "images/s", "load ms"];
  const rows = models.map((model, i) => [
    model.file,
    String(model.batch),
    milliseconds(model.medianMs),
    milliseconds(model.minMs),
    milliseconds(model.p90Ms),
    model.ratio.toFixed(3),
    // The first model of each batch is what the others are compared with.
    model.ratioInterval === null || models.findIndex(({ batch }) => batch === model.batch) === i
      ? ""
      : model.ratioInterval.map((bound) => bound.toFixed(3)).join(" to "),
    model.imagesPerSecond.toPrecision(3),
    milliseconds(model.createMs),
  ]);
  const tables = profiles.map(({ file, batch, operators }) => {
    const times = operators.map(({ op, provider, nodes, ms, share }) => [
      op,
      provider.replace(/ExecutionProvider$/, ""),
      String(nodes),
      milliseconds(ms),
      `${(100 * share).toFixed(1)} %`,
    ]);
    return `${oneVisibleLine(file)}, batch ${batch}\n${table(["operator", "ran on", "nodes", "ms", "share"], times, ["nodes", "ms", "share"])}`;
  });
  return [
    table(head, rows, head.slice(1)),
    ...tables,
    `${processes} processes, ${runs} interleaved runs in each after ${warmup} to warm up; ${deviceText(device)}; threads: ${threads ?? "ONNX Runtime's choice"}\n`,
  ].join("\n");
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

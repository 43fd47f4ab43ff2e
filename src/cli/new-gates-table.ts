import type { CompileReport } from "../driver/compile/compile.js";
import { table } from "./format.js";

type NewGates = NonNullable<CompileReport["newGates"]>;
type ByStart = NewGates["output"];

/** How near the new gates and the outputs are to the network before the swap, for each way to start; nothing without new gates. */
export function newGatesTable(report: NewGates | undefined): string {
  if (report === undefined) return "";
  const { start, calibration, gates, others, output, together } = report;
  const starts = Object.keys(output) as NewGates["start"][];
  const figures = (near: ByStart): string[] => [
    ...starts.map((each) => percent(near[each].relativeError)),
    ...starts.map((each) => near[each].cosine.toFixed(4)),
  ];
  const head = [
    "",
    "gate",
    ...starts.map((each) => `${each} error`),
    ...starts.map((each) => `${each} cosine`),
  ];
  const rows = [
    ...gates.map(({ at, gate, likeness }) => [at, gate, ...figures(likeness)]),
    ["output", "", ...figures(output)],
  ];
  const notes = [
    ...gates
      .filter(({ reason }) => reason !== undefined)
      .map(({ at, reason }) => `${at}: no layer beside it takes a factor over: ${reason}\n`),
    ...others.map((at) => `${at}: a gate of this kind starts freshly\n`),
    ...(together === undefined ? [] : [togetherText(together)]),
  ];
  const { heldOut } = calibration;
  const held = heldOut === 0 ? "" : `, of which the ${heldOut} count that no gate was fitted to`;
  const images = `${counted(calibration.images, "image")} of ${calibration.from}${held}`;
  return `\nnew gates start as ${start}; relative error and cosine to the network before the swap, over ${images}:\n\n${table(head, rows, head.slice(2))}${notes.join("")}`;
}

function togetherText(together: NonNullable<NewGates["together"]>): string {
  if ("reason" in together) return `each gate is fitted by itself: ${together.reason}\n`;
  const { steps, imagesPerStep, before, after, kept } = together;
  const moved = `${counted(steps, "step")} on ${counted(imagesPerStep, "image")} each: error of the output ${percent(before)} → ${percent(after)}`;
  return kept
    ? `fitted together in ${moved}\n`
    : `each gate is fitted by itself: fitting them together brought the output no closer, in ${moved}\n`;
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}

function percent(part: number): string {
  return `${(part * 100).toPrecision(3)} %`;
}

import { count } from "../base/numbers.js";
import { oneVisibleLine } from "../base/visible-text.js";
import { defaultPreprocessingNote } from "../driver/command-line.js";
import type { RunOutput, RunReport } from "../driver/run/run.js";
import { deviceText, label as labelText, shape, table, tensorName } from "./format.js";

/** What people should know of a run besides its outputs. */
export function runNotes(report: RunReport): readonly string[] {
  const { model, preprocessing, outputs } = report;
  const broken = outputs.flatMap(({ name, values, shape: dims }) => {
    const wrong = values === null ? dims.reduce((a, b) => a * b, 1) : values.nonFinite;
    return wrong === 0 ? [] : [`${count(wrong)} numbers of ${tensorName(name)} are not finite`];
  });
  const others = [...detectionNotes(report), ...broken];
  if (preprocessing?.from !== "default") return others;
  return [defaultPreprocessingNote(model, preprocessing), ...others];
}

/** How boxes are read where it is not the model that says so, and what is not shown. */
function detectionNotes({ detected, preprocessing }: RunReport): readonly string[] {
  if (detected === undefined) return [];
  const { leftOut, tiny } = detected;
  const isForeign = preprocessing !== undefined && preprocessing.from !== "model";
  return [
    ...(isForeign ? ["boxes are read as left, top, right and bottom in pixels of the model's input"] : []),
    ...(tiny ? ["no box is larger than a pixel of the input: parts of its sides are not read"] : []),
    ...(leftOut.empty === 0
      ? []
      : [`${rows(leftOut.empty)} outside of the picture, or without an area or a score, and not shown`]),
    ...(leftOut.lowScores === 0 ? [] : [`${rows(leftOut.lowScores)} of a lower score not shown`]),
  ];
}

function rows(found: number): string {
  return found === 1 ? "1 row is" : `${found} rows are`;
}

/** What `ecagen run` prints. */
export function runText(report: RunReport): string {
  const { model, device, inputs, outputs } = report;
  const files = inputs.flatMap((input) => input.files);
  const lines = outputs.map((output) => {
    const { name, shape: dims, values, file } = output;
    const range =
      values === null
        ? dims.includes(0)
          ? "empty"
          : "no finite number"
        : `min ${values.min.toPrecision(4)}, max ${values.max.toPrecision(4)}, mean ${values.mean.toPrecision(4)}`;
    const written = file === undefined ? "" : `, written to ${oneVisibleLine(file)}`;
    return `${topText(output, files)}${tensorName(name)} ${shape(dims)}: ${range}${written}\n`;
  });
  return `${detectionsText(report)}${lines.join("")}${oneVisibleLine(model)}, ${deviceText(device)}\n`;
}

/** A table of what a detector found. */
function detectionsText({ detections = [], detected }: RunReport): string {
  if (detected === undefined) return "";
  const { picture, width, height, drawn } = detected;
  const rows = detections.map(({ box, score, index, label }) => [
    ...[score.toFixed(3), String(index), label === undefined ? "" : labelText(label)],
    ...box.map((each) => each.toFixed(1)),
  ]);
  const head = ["score", "class", "", "left", "top", "right", "bottom"];
  const found = table(
    head,
    rows,
    head.filter((name) => name !== ""),
  );
  const title = `${picture === null ? "the input" : oneVisibleLine(picture)}, ${width}x${height}`;
  const written = drawn === undefined ? "" : `drawn on ${oneVisibleLine(drawn)}\n`;
  return `${title}: ${detections.length === 0 ? "nothing found\n" : `${detections.length} found\n${found}`}${written}\n`;
}

/** A table of the most probable classes for each image. */
function topText({ top = [] }: RunOutput, files: readonly string[]): string {
  return top
    .map((classes, image) => {
      const rows = classes.map(({ index, label, probability }) => [
        `${(probability * 100).toFixed(2)} %`,
        String(index),
        label === undefined ? "" : labelText(label),
      ]);
      const title = files.length === top.length ? files[image] : `image ${image}`;
      return rows.length === 0
        ? ""
        : `${oneVisibleLine(title ?? "")}\n${table(["probability", "class", ""], rows, ["probability", "class"])}\n`;
    })
    .join("");
}

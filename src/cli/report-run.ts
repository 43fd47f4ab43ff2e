import { count } from "../base/numbers.js";
import { oneVisibleLine } from "../base/visible-text.js";
import type { RunOutput, RunReport } from "../driver/run/run.js";
import { deviceText, label as labelText, shape, table, tensorName } from "./format.js";

/** What people should know of a run besides its outputs. */
export function runNotes({ model, preprocessing, outputs }: RunReport): readonly string[] {
  const broken = outputs.flatMap(({ name, values, shape: dims }) => {
    const wrong = values === null ? dims.reduce((a, b) => a * b, 1) : values.nonFinite;
    return wrong === 0 ? [] : [`${count(wrong)} numbers of ${tensorName(name)} are not finite`];
  });
  if (preprocessing?.from !== "default") return broken;
  const { resize, interpolation, crop, mean, std } = preprocessing;
  return [
    `${model} does not say how it takes images; this is the default: ${resize}, ${interpolation}, crop ${crop}, mean ${mean.join(" ")}, std ${std.join(" ")}`,
    ...broken,
  ];
}

/** What `ecagen run` prints. */
export function runText({ model, device, inputs, outputs }: RunReport): string {
  const files = inputs.flatMap((input) => input.files);
  const lines = outputs.map((output) => {
    const { name, shape: dims, values, file } = output;
    const range =
      values === null
        ? "no finite number"
        : `min ${values.min.toPrecision(4)}, max ${values.max.toPrecision(4)}, mean ${values.mean.toPrecision(4)}`;
    const written = file === undefined ? "" : `, written to ${oneVisibleLine(file)}`;
    return `${topText(output, files)}${tensorName(name)} ${shape(dims)}: ${range}${written}\n`;
  });
  return `${lines.join("")}${oneVisibleLine(model)}, ${deviceText(device)}\n`;
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

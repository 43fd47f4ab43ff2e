import { jsonText } from "../../base/json-text.js";
import { packageName } from "./names.js";

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

/**
 * onnxruntime-node's install script fetches NVIDIA's libraries, which many networks block, and then nothing is installed; the CPU's are in the
 * package.
 */
export const NPM_SETTINGS = "onnxruntime-node-install=skip\n";

/** Versions that generated code was written for: those that ecagen has of the runtime and esbuild, which a test holds true. */
const VERSIONS = {
  "onnxruntime-common": "^1.30.0",
  "onnxruntime-node": "^1.30.0",
  "onnxruntime-web": "^1.30.0",
  esbuild: "^0.28.2",
  typescript: ">=5.7",
  "@types/node": ">=20",
} as const;

/** The entries of a package.json for some of them. */
export function versionsOf(...names: readonly (keyof typeof VERSIONS)[]): Readonly<Record<string, string>> {
  return Object.fromEntries(names.map((name) => [name, VERSIONS[name]]));
}

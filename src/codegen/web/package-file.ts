import { jsonText } from "../../base/json-text.js";
import { packageName } from "../typescript/names.js";
import { versionsOf } from "../typescript/package-file.js";

/** The package.json of a page: `npm start` builds and serves it. */
export function packageFile(name: string, description: string): string {
  const content = {
    name: packageName(name).replace(/model$/, "page"),
    version: "0.0.0",
    private: true,
    description,
    type: "module",
    imports: { "#platform": "./src/platform-web.ts" },
    engines: { node: ">=20.19" },
    scripts: { build: "node build.mjs", serve: "node serve.mjs", start: "npm run build && npm run serve" },
    dependencies: versionsOf("onnxruntime-common", "onnxruntime-web"),
    devDependencies: versionsOf("esbuild"),
  };
  return jsonText(content);
}

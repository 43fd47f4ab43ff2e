import type { GeneratedFile, InterfaceSubject } from "../subject.js";
import { indexFile } from "./index-file.js";
import { networkInterface } from "./network.js";
import { NPM_SETTINGS, packageFile } from "./package-file.js";
import { readme } from "./readme.js";
import { templateFiles } from "./templates.js";

/**
 * A TypeScript package that runs a network in Node.js and in browsers: the ONNX file, the code that is the same for all
 * networks (templates/ts), and what is this one's own, its types and its class, in src/index.ts.
 */
export function generateTypeScript(subject: InterfaceSubject): readonly GeneratedFile[] {
  const { spec, counts, batch, version } = subject;
  const ports = networkInterface(subject);
  const { name } = spec;
  const description = spec.description ?? "";
  const { parameters, macs } = counts;
  return [
    { path: "package.json", text: packageFile(name, description) },
    { path: "README.md", text: readme({ ...ports, name, description, parameters, macs, version }) },
    { path: ".gitignore", text: "dist/\nnode_modules/\n" },
    { path: ".npmrc", text: NPM_SETTINGS },
    { path: "src/index.ts", text: indexFile({ ...ports, name, description, batch, model: "../model.onnx" }) },
    ...templateFiles(ports.classifier !== undefined, ports.single === true),
    { path: "model.onnx", artifact: "model" },
  ];
}

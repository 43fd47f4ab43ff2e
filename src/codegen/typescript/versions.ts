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

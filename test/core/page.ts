import {
  compileNetwork,
  countsOf,
  diagnosticToJson,
  diffNetworks,
  InputError,
  loadNetwork,
} from "../../src/core.js";

// What a web page may write, type-checked as a web page's code is: with no types of Node.js.

/** Shows what a spec's network has and gives its model for download. */
export function show(text: string, base: string, into: { textContent: string | null }): string | undefined {
  try {
    const network = loadNetwork(text, { file: "mine.json", specs: { "b0-se": base } });
    const { parameters, macs } = countsOf(network);
    const { changes } = diffNetworks(loadNetwork(base), network);
    into.textContent = `${parameters} parameters, ${macs} multiply-accumulates, ${changes.length} changes`;
    const { bytes } = compileNetwork(network, { precision: "fp16" });
    return URL.createObjectURL(new Blob([Uint8Array.from(bytes)]));
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    into.textContent = error.diagnostics
      .map(diagnosticToJson)
      .map(({ line, message }) => `line ${line}: ${message}`)
      .join("\n");
    return undefined;
  }
}

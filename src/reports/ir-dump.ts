import { join } from "node:path";
import { writeTextSync } from "../files/atomic-file.js";
import { makeFolder } from "../files/folder.js";
import { printGraph } from "../ir/print.js";
import type { PipelineHooks } from "../passes/engine/manager.js";

/** Where the IR goes after each pass. */
export interface IrDump {
  /** Takes the text of the IR after each pass. */
  readonly printIr?: ((text: string) => void) | undefined;
  /** The folder for files with the IR after each pass, named after the pass and its number: `01-swap-attention.ir`. */
  readonly dumpIr?: string | undefined;
}

/** Hooks that show the IR after each pass; none where nothing is asked for. */
export function irHooks({ printIr, dumpIr }: IrDump): PipelineHooks | undefined {
  if (printIr === undefined && dumpIr === undefined) return undefined;
  if (dumpIr !== undefined) makeFolder(dumpIr);
  let number = 0;
  return {
    after({ name, changed, graph }) {
      number++;
      const text = printGraph(graph);
      printIr?.(`// after ${number}. ${name}${changed ? "" : " (nothing changed)"}\n${text}\n`);
      if (dumpIr !== undefined)
        writeTextSync(join(dumpIr, `${String(number).padStart(2, "0")}-${name}.ir`), text);
    },
  };
}

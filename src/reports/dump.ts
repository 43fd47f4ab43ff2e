import { join } from "node:path";
import { writeTextSync } from "../files/atomic-file.js";
import { makeFolder } from "../files/folder.js";
import { printGraph } from "../ir/print.js";
import type { PipelineHooks } from "../passes/engine/manager.js";

/** Where the IR goes after each pass. */
export interface IrDump {
  /** Takes the text of each graph. */
  readonly print?: ((text: string) => void) | undefined;
  /** The folder for files named after the pass and its place: `01-swap-attention.ir`. */
  readonly folder?: string | undefined;
}

/** Hooks that show the IR after each pass; none where nothing is asked for. */
export function irHooks({ print, folder }: IrDump): PipelineHooks | undefined {
  if (print === undefined && folder === undefined) return undefined;
  if (folder !== undefined) makeFolder(folder);
  let number = 0;
  return {
    after({ name, changed, graph }) {
      number++;
      const text = printGraph(graph);
      print?.(`// after ${number}. ${name}${changed ? "" : " (nothing changed)"}\n${text}\n`);
      if (folder !== undefined)
        writeTextSync(join(folder, `${String(number).padStart(2, "0")}-${name}.ir`), text);
    },
  };
}

import type { PassInvocation } from "../passes/engine/pass.js";
import { parsePipeline } from "../passes/engine/pipeline.js";

/**
 * The passes that a flag asks for in pipeline text form; none where it is not given. Errors: `InputError` with every
 * problem, at its place in the flag's text.
 */
export function passesOfFlag(flag: string, text: string | undefined): readonly PassInvocation[] {
  return text === undefined ? [] : parsePipeline(text, { source: { file: flag, text }, offset: 0 });
}

import { benchCommand } from "./bench.js";
import { codegenCommand } from "./codegen.js";
import type { DefinedCommand } from "./command.js";
import type { CommandGroup } from "./command-group.js";
import { compileCommand } from "./compile.js";
import { completionCommand } from "./completion.js";
import { diffCommand } from "./diff.js";
import { doctorCommand } from "./doctor.js";
import { explainCommand } from "./explain.js";
import { graphCommand } from "./graph.js";
import { initCommand } from "./init.js";
import { inspectCommand } from "./inspect.js";
import { listCommand } from "./list.js";
import { reportCommand } from "./report.js";
import { resolveCommand } from "./resolve.js";
import { rewriteCommand } from "./rewrite.js";
import { runCommand } from "./run.js";
import { schemaCommand } from "./schema.js";
import { statsCommand } from "./stats.js";
import { sweepCommand } from "./sweep.js";
import { tablesCommand } from "./tables.js";
import { verifyCommand } from "./verify.js";
import { weightsCommand } from "./weights.js";
import { workerCommand } from "./worker.js";

/** Every command, in the order of the help. */
export const commands = [
  compileCommand,
  rewriteCommand,
  verifyCommand,
  runCommand,
  benchCommand,
  codegenCommand,
  statsCommand,
  diffCommand,
  reportCommand,
  graphCommand,
  sweepCommand,
  workerCommand,
  inspectCommand,
  weightsCommand,
  explainCommand,
  tablesCommand,
  resolveCommand,
  listCommand,
  initCommand,
  schemaCommand,
  doctorCommand,
  completionCommand,
] as const satisfies readonly (DefinedCommand | CommandGroup)[];

import type { ModelInMemory } from "../../files/models/in-memory.js";
import type { Target } from "../../ir/attention/lowering/strategy.js";
import type { Batch } from "../../networks/export.js";
import type { OpaqueOperator } from "../../networks/file-network.js";
import type { PipelineHooks } from "../../passes/engine/manager.js";
import type { ModelPrecision } from "../../passes/export-options.js";
import type { InsertFlags } from "../../passes/insert/flags.js";
import type { RaisedGate, RejectedGate } from "../../passes/raise/raise-attention.js";
import type { IrDump } from "../../reports/ir-dump.js";
import type { ModelReport, WrittenReport } from "../../reports/model-report.js";
import type { ChoiceReport } from "../../trials/choose-gates.js";
import type { InputValues } from "../../trials/input-values.js";
import type { NewGatesOptions } from "../../trials/new-gates.js";
import type { RewriteVerification } from "./verify-rewrite.js";

export interface RewriteOptions extends NewGatesOptions, InputValues, Pick<IrDump, "printIr"> {
  /** The rewritten file. Default: none; the command line only reports its findings, the library returns the model. */
  readonly output?: string | undefined;
  /** Swaps of gates, `se=eca`, before the passes; `se=auto` chooses for each gate. */
  readonly swaps?: readonly string[] | undefined;
  /** Limit of a choice: `cosine=0.999`, `parameters=-80%`, `metric=-0.4`. Default: `cosine=0.999`. */
  readonly budget?: string | undefined;
  /** A program that gets the path of a model and prints a number; larger is better. */
  readonly metric?: string | undefined;
  /** An SVG of the networks that a choice considered: parameters and error of the outputs. */
  readonly curve?: string | undefined;
  /** Gates to insert after the swaps, `eca`, and their sites, `after=depthwise`. */
  readonly inserts?: InsertFlags["inserts"];
  readonly at?: InsertFlags["at"];
  /** Passes in pipeline text form. */
  readonly passes?: string | undefined;
  readonly target?: Target | undefined;
  /** Threads that the model will run with, for the target `cpu`. Default: 1. */
  readonly threads?: number | undefined;
  readonly precision?: ModelPrecision | undefined;
  /** With fp16: inputs and outputs are float16 too. Default: they keep their types. */
  readonly halfIo?: boolean | undefined;
  /** The batch size of the rewritten file, if that of the original is dynamic. Default: unchanged. */
  readonly batch?: Batch | undefined;
  /** Shapes of inputs with dynamic sizes, `x=1x3x320x320`, for analysis and verification. The file keeps them dynamic. */
  readonly inputShapes?: readonly string[] | undefined;
  /** Seed of the initial values of new gates. Default: 0. */
  readonly seed?: number | undefined;
  /** Writes the weights to a file beside the model. Default: if the original has one. */
  readonly externalData?: boolean | undefined;
  /** Whether the results of passes that must keep the values are run and compared with the original. Files with changed element types are loaded in any case. Default: true. */
  readonly verify?: boolean | undefined;
  /** Whether the report has the file's sha256. Default: true. */
  readonly digest?: boolean | undefined;
  /** @internal */
  readonly hooks?: PipelineHooks | undefined;
  readonly onProgress?: ((message: string, part: number) => void) | undefined;
}

/** The output of `ecagen rewrite --json`. */
export interface RewriteReport extends Partial<WrittenReport>, RewrittenReport {}

/** The result of rewriting without an output: the report and the model. */
export interface RewrittenInMemory extends RewrittenReport, ModelInMemory {}

/** What is said of a rewritten model, wherever it is. */
export interface RewrittenReport extends ModelReport {
  readonly raised: readonly RaisedGate[];
  readonly rejected: readonly RejectedGate[];
  /** The unknown operators of the original, which are passed through: without gates and MACs. */
  readonly opaque: readonly OpaqueOperator[];
  readonly verification?: RewriteVerification;
  /** The choice of `--swap KIND=auto`, and the networks that it considered. */
  readonly choice?: ChoiceReport;
}

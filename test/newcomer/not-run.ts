/** A line of the pages that the tests don't run as it stands. */
interface NotRun {
  readonly line: RegExp;
  readonly because: string;
  /** What is run in its place, so that the lines after it find what they need. */
  readonly instead?: string;
}

const NPM = "npm installs from the registry: `npm run newcomer` runs it";
const CONTRIBUTORS = "for contributors, in a clone; CI runs those that it needs";
const GPU = "a GPU or a machine of one's own: test/gpu.test.ts runs these where there is an adapter";
const TRAINING =
  "it takes long: test/codegen/pytorch-training.test.ts and pytorch-distill.test.ts train small networks";

/** Every such line, with the reason. */
export const NOT_RUN: readonly NotRun[] = [
  { line: /^npm (ci|test|run|install)\b/, because: `${CONTRIBUTORS}; ${NPM}` },
  { line: /^cd [\w-]+ && npm install/, because: NPM },
  {
    line: /^npx ecagen codegen b0-se --lang web -o page && cd page/,
    because: NPM,
    instead: "npx ecagen codegen b0-se --lang web -o page",
  },
  { line: /^node --import tsx scripts\//, because: CONTRIBUTORS },
  { line: /--device webgpu|^(apt-get|export|tar|node dist\/cli\.js)\b/, because: GPU },
  {
    line: /^cd eca && python distill\.py/,
    because: TRAINING,
    instead: "mkdir eca/distilled && cp eca.safetensors eca/distilled/weights.safetensors",
  },
  { line: /^python distill\.py|train\.py --(epochs 5|data)/, because: TRAINING },
  {
    line: /^npx tsx service\.ts|^curl /,
    because: "test/newcomer/typescript.test.ts runs the service and asks it",
  },
  {
    line: /--names order/,
    because: "a PyTorch file: test/newcomer/blocks-page.test.ts, test/cli/weights-names.test.ts",
  },
  {
    line: /--queue redis:/,
    because: "a Redis server on another machine: test/cli/sweep-queue.test.ts starts one",
  },
  {
    line: /\| dot -Tpdf/,
    because: "Graphviz",
    instead: "ecagen graph specs/b0-eca.json > b0.dot",
  },
];

/** Lines whose exit code is not 0, since that is what they show. */
export const EXIT_CODES: readonly (readonly [line: RegExp, code: number])[] = [[/--against wrong\.onnx/, 1]];

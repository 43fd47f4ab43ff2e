import { isOp } from "../../ir/rewrite.js";
import {
  bestFactors,
  type FitTask,
  type GateFit,
  type GateFitter,
  type GateNumbers,
  meanResponses,
} from "./fit.js";

/** x · f with a parameter f of one number for each channel: what is left where a gate was removed. */
export const factorFitter: GateFitter = (op) => {
  const [, factor] = isOp(op, "mul") ? op.operands : [];
  return factor?.kind === "parameter" ? factorFit : undefined;
};

/** The total factor as a constant: the mean of each channel, or the number under which the results are nearest to the old ones. */
const factorFit: GateFit = {
  neutral: ({ responses }) => ({ parameters: [meanResponses(responses)] }),
  fit(task) {
    const { responses, offset } = task;
    const ones = new Float64Array(responses.response.length).fill(1);
    const means = meanResponses(responses).map((each) => offset + each);
    return { parameters: [bestFactors(task, ones, means).map((total) => total - offset)] };
  },
  totals: ({ parameters: [factor] }: GateNumbers, { responses, offset }: FitTask) =>
    responses.response.map((_, i) => offset + ((factor ?? ONES)[i % responses.channels] ?? 1)),
};

const ONES = new Float64Array();

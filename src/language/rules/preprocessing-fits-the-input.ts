import type { SpecRule } from "./rule.js";

export const preprocessingFitsTheInput: SpecRule = {
  name: "preprocessing-fits-the-input",
  doc: "`mean` and `std` must have one number per input channel, or one for all; only an image that is resized to fit is padded.",
  remedy: 'Give one number, or one for each channel; use `padding` only with `"resize": "fit"`.',
  check({ resolved }, report) {
    if (resolved?.preprocessing === undefined) return;
    const { preprocessing, input } = resolved;
    if (preprocessing.padding !== undefined && preprocessing.resize !== "fit") {
      report(
        ["preprocessing", "padding"],
        `an image that is resized by ${preprocessing.resize} is not padded`,
        '"resize": "fit" leaves room for it; null removes padding that is inherited',
      );
    }
    for (const key of ["mean", "std"] as const) {
      const { length } = preprocessing[key];
      if (length === input.channels) continue;
      report(
        ["preprocessing", key],
        `${key} has ${length} numbers for an input of ${input.channels} ${input.channels === 1 ? "channel" : "channels"}`,
        input.channels === 1 ? "give one number" : `give ${input.channels} numbers, or one for all channels`,
      );
    }
  },
};

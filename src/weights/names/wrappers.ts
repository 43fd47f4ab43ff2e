import type { StoredTensor } from "../formats/tensor-source.js";

/** Names that trainers put before those of the network: PyTorch's DataParallel and compile, Lightning, detectors. */
const WRAPPERS = ["module.", "_orig_mod.", "model.", "backbone."];
/** The step count that PyTorch's AveragedModel has beside the network in `module`. */
const AVERAGED_COUNT = "n_averaged";

/** Tensors without what stands before all of their names, and what that is; "" for nothing. */
export interface Unwrapped {
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  readonly prefix: string;
}

/** The tensors without the names of wrappers before all of theirs, one in the other, and without a wrapper's step count. */
export function unwrapped(all: ReadonlyMap<string, StoredTensor>): Unwrapped {
  let tensors = new Map([...all].filter(([name]) => name !== AVERAGED_COUNT));
  let prefix = "";
  for (;;) {
    const names = [...tensors.keys()];
    const wrapper = WRAPPERS.find(
      (each) => names.length > 0 && names.every((name) => name.startsWith(each) && name.length > each.length),
    );
    if (wrapper === undefined) return { tensors, prefix };
    tensors = new Map([...tensors].map(([name, tensor]) => [name.slice(wrapper.length), tensor]));
    prefix += wrapper;
  }
}

import type { ActivationName } from "../../ir/activations.js";

/** The module of each activation; one without a line is a compile error. */
export const ACTIVATION_MODULES: { readonly [A in ActivationName]: string } = {
  relu: "nn.ReLU",
  relu6: "nn.ReLU6",
  silu: "nn.SiLU",
  hard_swish: "nn.Hardswish",
  hard_sigmoid: "nn.Hardsigmoid",
  "hard_sigmoid_0.2": "HardSigmoidFifth",
  sigmoid: "nn.Sigmoid",
  tanh: "nn.Tanh",
  gelu: "nn.GELU",
};

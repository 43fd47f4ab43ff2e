import { InputError } from "../../../base/diagnostic.js";

/**
 * How the weights of a PyTorch file that can't be read here get into one that can:
 *
 *     module    a whole network was saved, at the root or under a key: its state dict is saved alone
 *     script    the same of TorchScript
 *     old       a file from before PyTorch 1.6 is saved again
 *     tensors   tensors that are no plain ones become such
 *     none      there are no weights in it
 */
export type Conversion =
  | { readonly kind: "module"; readonly under?: string | undefined }
  | { readonly kind: "script" | "old" | "none" }
  | { readonly kind: "tensors"; readonly under?: string | undefined };

const TRUSTED = "only for a file that you trust, as torch.load runs code in it";

/** An error with the lines of Python that write a file that can be read. */
export function torchRefused(file: string, what: string, conversion: Conversion): InputError {
  return InputError.of("weights/torch", `${file} ${what}`, { file, hint: hintOf(file, conversion) });
}

function hintOf(file: string, conversion: Conversion): string {
  if (conversion.kind === "none") {
    return "take a file of weights; of a model in Python, torch.save(model.state_dict(), FILE) writes one";
  }
  const lines = ["import torch", ...pythonOf(file, conversion)];
  return [`${REASONS[conversion.kind]}:`, ...lines.map((line) => `    ${line}`)].join("\n");
}

const REASONS = {
  module: `save its weights alone, in Python, where the classes of the model can be imported (${TRUSTED})`,
  script: "save its weights alone, in Python",
  old: `save it again with a newer PyTorch, in Python (${TRUSTED})`,
  tensors: "save them as plain tensors, in Python",
} as const satisfies Readonly<Record<Exclude<Conversion["kind"], "none">, string>>;

function pythonOf(file: string, conversion: Conversion): readonly string[] {
  const [from, to] = [file, weightsOf(file)].map((each) => JSON.stringify(each));
  const under =
    "under" in conversion && conversion.under !== undefined ? `[${JSON.stringify(conversion.under)}]` : "";
  switch (conversion.kind) {
    case "module":
      return [
        `model = torch.load(${from}, map_location="cpu", weights_only=False)${under}`,
        `torch.save(model.state_dict(), ${to})`,
      ];
    case "script":
      return [`model = torch.jit.load(${from}, map_location="cpu")`, `torch.save(model.state_dict(), ${to})`];
    case "old":
      return [
        `found = torch.load(${from}, map_location="cpu", weights_only=False)`,
        `torch.save(found.state_dict() if hasattr(found, "state_dict") else found, ${to})`,
      ];
    case "tensors":
      return [
        `state = torch.load(${from}, map_location="cpu", weights_only=True)${under}`,
        "plain = lambda x: (x.to_dense() if x.layout != torch.strided else x).detach().contiguous().clone()",
        `torch.save({name: plain(x) for name, x in state.items() if torch.is_tensor(x)}, ${to})`,
      ];
    case "none":
      return [];
  }
}

/** `model-weights.pth` of `model.pth`. */
function weightsOf(file: string): string {
  return `${file.replace(/\.(pt|pth|ckpt|bin|tar|pth\.tar)$/i, "")}-weights.pth`;
}

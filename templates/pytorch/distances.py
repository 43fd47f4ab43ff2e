"""How far a network is from another one: what distill.py makes small, and what it prints."""

import math

import torch.nn.functional as F
from torch import nn


class Watched(nn.Module):
    """A network that gives its outputs by name, and the values behind some modules, in the order in which they are made.

    Of one that selects boxes the outputs are what its heads say, and `maps`, by their places, from which regions are cut.
    """

    def __init__(self, network, paths, maps):
        super().__init__()
        self.network, self.maps, self.values = network, maps, None
        for path in paths:
            network.get_submodule(path).register_forward_hook(self.keep)

    def keep(self, _, __, value):
        if self.values is not None:
            self.values.append(value)

    def outputs(self, images):
        if not self.maps and not hasattr(self.network, "detected"):
            found = self.network(images)
            return found if isinstance(found, dict) else {"logits": found}
        outputs, _, found = self.network.said(images)
        return {**outputs, **{"map " + " ".join(map(str, place)): found[place] for place in self.maps}}

    def forward(self, images):
        self.values = []
        outputs = self.outputs(images)
        values, self.values = self.values, None
        return outputs, values


def off(new, old):
    """The mean squared difference as a part of the old values' variance: 1 for their mean in all places."""
    new, old = new.float(), old.float()
    return F.mse_loss(new, old) / (old.var(unbiased=False) + 1e-6 * old.square().mean() + 1e-12)


def softened(new, old, temperature):
    """T^2 KL(softmax(old / T) || softmax(new / T)), as in section 2 of arXiv:1503.02531."""
    new, old = (F.log_softmax(each.float() / temperature, 1) for each in (new, old))
    return temperature**2 * F.kl_div(new, old, reduction="batchmean", log_target=True)


def loss_of(new, old, args):
    """The distance of outputs, and that of the values behind the gates."""
    (outputs, values), (wanted, wanted_values) = new, old
    if args.loss == "kl":
        loss = softened(outputs["logits"], wanted["logits"], args.temperature)
    else:
        loss = sum(off(outputs[name], wanted[name]) for name in wanted) / len(wanted)
    if values:
        loss = loss + args.hints * sum(map(off, values, wanted_values)) / len(values)
    return loss


def products(new, old, is_classifier):
    """Sums over images that all figures follow from: processes and batches add theirs."""
    same = (new.argmax(1) == old.argmax(1)).sum() if is_classifier else new.new_zeros(())
    sums = (new - old).square().sum(), old.square().sum(), new.square().sum(), (new * old).sum(), same
    return [each.item() for each in sums] + [len(new)]


def figures_of(off, old, new, both, same, images, is_classifier):
    """|new - old| / |old|, the cosine between them, and of classifiers how many images get the class that they got."""
    figures = {"relative_error": math.sqrt(off / (old or 1.0)), "cosine": both / math.sqrt(old * new or 1.0)}
    return {**figures, "same_class": same / images} if is_classifier else figures


def mean_of(figures, word):
    """Over the outputs; undefined for what they don't have."""
    values = [each[word] for each in figures.values() if word in each]
    return f"{sum(values) / len(values):.6f}" if values else ""

def dotted(*parts):
    return ".".join(part for part in parts if part)


# What {{title}} calls each layer, by the layer's path in the module.
LAYER_NAMES = {
    dotted(block, layer): dotted(other_block, other_layer)
    for group in NAMES
    for block, other_block in group["blocks"].items()
    for layer, other_layer in group["layers"].items()
}


def other_name(name):
    """What {{title}} calls a tensor: its layer's name, and the same last word."""
    layer, _, tensor = name.rpartition(".")
    return f"{LAYER_NAMES[layer]}.{tensor}" if layer in LAYER_NAMES else name


def say_other_names(_, incompatible):
    incompatible.missing_keys[:] = [other_name(name) for name in incompatible.missing_keys]


class OtherNames(nn.Module):
    """A module whose `state_dict` has the names of {{title}}. `load_state_dict` takes these, and those of the attributes.

    Both hold inside of other modules as well: DistributedDataParallel is one.
    """

    def __init__(self):
        super().__init__()
        self.register_load_state_dict_post_hook(say_other_names)

    def state_dict(self, *, destination=None, prefix="", keep_vars=False):
        state = super().state_dict(destination=destination, prefix=prefix, keep_vars=keep_vars)
        # Each tensor goes to the end, so they stay in order.
        for name in [each for each in state if each.startswith(prefix)]:
            state[prefix + other_name(name[len(prefix) :])] = state.pop(name)
        return state

    def _load_from_state_dict(self, state_dict, prefix, *others):
        # This is called with a copy that may be changed, before the modules inside take their tensors out of it.
        for name in super().state_dict():
            if prefix + other_name(name) in state_dict:
                state_dict[prefix + name] = state_dict.pop(prefix + other_name(name))
        super()._load_from_state_dict(state_dict, prefix, *others)

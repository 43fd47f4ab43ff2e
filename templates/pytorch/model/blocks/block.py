class Block(nn.Module):
    """What blocks share: gates at several positions, and the sum of branch and shortcut. `gate` and `position` are those of
    one gate, or lists of as many, with None for a gate that is not there.
    """

    def __init__(self, style, gate, position, residual, drop_path):
        super().__init__()
        self.attention = gates_of(gate, style)
        self.position = position
        self.residual = residual
        self.drop_path = DropPath(drop_path)

    def gated(self, position, x):
        """x, behind the gates that the block has at that position, one after the other."""
        if isinstance(self.attention, nn.ModuleDict):
            for i, gate in self.attention.items():
                x = behind(gate, x) if self.position[int(i)] == position else x
            return x
        return x if self.attention is None or self.position != position else behind(self.attention, x)

    def sum(self, branch, shortcut):
        """Branch and shortcut, which may be None; the gates and the drop path are at the branch's end."""
        branch = self.gated("standard", branch)
        return branch if shortcut is None else self.drop_path(branch) + shortcut

    def identity(self, x):
        """The block's input as shortcut, or None."""
        return self.gated("identity", x) if self.residual else None


def gates_of(gate, style):
    """The module of a gate, or of a list the modules by their index; None for none."""
    if isinstance(gate, list):
        return nn.ModuleDict({str(i): made_gate(each, style) for i, each in enumerate(gate) if each is not None})
    return None if gate is None else made_gate(gate, style)


def made_gate(gate, style):
    """The module of a gate. `residual`: what is gated is added to its result; "none" is a gate that was removed."""
    words = {key: value for key, value in gate.items() if key != "residual"}
    module = nn.Identity() if words["type"] == "none" else gate_of(words, style)
    module.adds_input = gate.get("residual", False)
    return module


def behind(gate, x):
    gated = {{gated}}
    return x + gated if gate.adds_input else gated

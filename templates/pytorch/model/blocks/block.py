class Block(nn.Module):
    """What blocks share: a gate at one of several positions, and the sum of branch and shortcut."""

    def __init__(self, style, gate, position, residual, drop_path):
        super().__init__()
        self.attention = None if gate is None else gate_of(gate, style)
        self.position = position
        self.residual = residual
        self.drop_path = DropPath(drop_path)

    def gated(self, position, x):
        """x, behind the gate if that is where the block has it."""
        return x if self.attention is None or self.position != position else self.attention(x)

    def sum(self, branch, shortcut):
        """Branch and shortcut, which may be None; the gate and the drop path are at the branch's end."""
        branch = self.gated("standard", branch)
        return branch if shortcut is None else self.drop_path(branch) + shortcut

    def identity(self, x):
        """The block's input as shortcut, or None."""
        return self.gated("identity", x) if self.residual else None

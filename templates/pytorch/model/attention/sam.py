class SpatialAttention(SpatialGate):
    """x * a gate for each place: the spatial attention module of CBAM (ECCV 2018), section 3, eq. 3."""

    def forward(self, x):
        return x * super().forward(x)

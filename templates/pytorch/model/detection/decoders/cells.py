def references_of(level, around_pixel, pixels, spacing, options):
    """Where the centres of a map's boxes begin, how far they reach, and half the anchors' sides: [places * A, 6]."""
    reach = options["reach"]
    reach = reach[level] if isinstance(reach, list) else reach
    begin = (pixels + 0.5 - reach / 2) * spacing
    parts = (begin, (reach * spacing)[None, None], around_pixel[None, :, 2:])
    size = (len(pixels), len(around_pixel), 2)
    return torch.cat([part.expand(size) for part in parts], -1).reshape(-1, 6)


def decoded(numbers, references, options):
    """Boxes [m, 4] of what a head says [m, 4]: centres near the middle of a cell, and multiples of the anchors' sides (YOLO)."""
    begin, reach, half = references.split(2, 1)
    centre = begin + reach * numbers[:, :2].sigmoid()
    growth = numbers[:, 2:]
    growth = growth.exp() if options["sides"] == "exp" else (2 * growth.sigmoid()) ** 2
    return torch.cat((centre - growth * half, centre + growth * half), 1)

def references_of(level, around_pixel, pixels, spacing, options):
    """The anchors of a map, [places * A, 4]."""
    points = (pixels + POINTS[options["at"]]) * spacing
    return (torch.cat((points, points), -1) + around_pixel).reshape(-1, 4)


def decoded(numbers, references, options):
    """Boxes [m, 4] of what a head says [m, 4] and anchors [m, 4]: these are moved and resized."""
    steps = numbers if options["order"] == "xy" else numbers[:, [1, 0, 3, 2]]
    return moved_boxes(references, steps)

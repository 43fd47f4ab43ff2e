def references_of(level, around_pixel, pixels, spacing, options):
    """A point of each pixel of a map, and the map's stride: [places, 4]."""
    points = (pixels + POINTS[options["at"]]) * spacing
    strides = torch.full_like(points, options["strides"][level])
    return torch.cat((points, strides), -1).reshape(-1, 4)


def decoded(numbers, references, options):
    """Boxes [m, 4] of what a head says [m, 4 * bins]: the distances of their sides from a point, in strides (FCOS).

    With several bins these are logits, whose softmax weighs 0, 1, 2 ... (Generalized Focal Loss, NeurIPS 2020).
    """
    bins = options["bins"]
    if bins > 1:
        shares = numbers.reshape(-1, 4, bins).softmax(2)
        numbers = (shares * torch.arange(bins, device=numbers.device)).sum(2)
    point, stride = references.split(2, 1)
    return torch.cat((point - numbers[:, :2] * stride, point + numbers[:, 2:] * stride), 1)

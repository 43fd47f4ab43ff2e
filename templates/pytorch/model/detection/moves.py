# The largest step of a side's logarithm: a box becomes at most 62.5 times as long.
LARGEST_STEP = math.log(1000 / 16)


def moved_boxes(boxes, steps, *, centre=1.0, sides=1.0):
    """Boxes moved by steps (R-CNN, CVPR 2014, appendix C).

    centre + step * side, side * exp(step). `centre`, `sides`: what steps are multiplied by before.
    """
    low, length = boxes[..., :2], boxes[..., 2:] - boxes[..., :2]
    at = steps[..., :2] * centre * length + (low + 0.5 * length)
    radii = 0.5 * (steps[..., 2:] * sides).clamp(max=LARGEST_STEP).exp() * length
    return torch.cat((at - radii, at + radii), -1)

# Boxes are rows of left, top, right and bottom, in pixels of the input. All of this is of one image.

# The largest step of a side's logarithm: a box becomes at most 62.5 times as long.
LARGEST_STEP = math.log(1000 / 16)


def anchors_of(around_pixel, places, image):
    """The anchors of a map of so many rows and columns, [rows * columns * A, 4], pixel by pixel.

    `around_pixel`: those around the first pixel.
    """
    (rows, columns), (height, width) = places, image
    y = torch.arange(rows, device=around_pixel.device) * (height // rows)
    x = torch.arange(columns, device=around_pixel.device) * (width // columns)
    y, x = y[:, None].expand(rows, columns), x.expand(rows, columns)
    return (torch.stack((x, y, x, y), 2)[:, :, None] + around_pixel).reshape(-1, 4)


def moved_boxes(boxes, steps, image, *, centre=1.0, sides=1.0):
    """Boxes moved by steps (R-CNN, CVPR 2014, appendix C), cut off at the borders of the image.

    centre + step * side, side * exp(step). `centre`, `sides`: what steps are multiplied by before.
    """
    low, length = boxes[..., :2], boxes[..., 2:] - boxes[..., :2]
    at = steps[..., :2] * centre * length + (low + 0.5 * length)
    radii = 0.5 * (steps[..., 2:] * sides).clamp(max=LARGEST_STEP).exp() * length
    height, width = image
    edges = boxes.new_tensor([width, height, width, height])
    return torch.minimum(torch.cat((at - radii, at + radii), -1).clamp(min=0.0), edges)


def without_small(boxes, scores, least):
    """The scores, lowered by 2 of boxes with a side shorter than `least`."""
    shorter = (boxes[..., 2:] - boxes[..., :2]).amin(-1)
    return torch.where(shorter >= least, scores, scores - 2.0)


def best_of(scores, most):
    """The indices of the best scores [n], the best first: `most` of them, or all where there are fewer. Of equal ones the first."""
    return scores.sort(descending=True, stable=True).indices[:most]


def kept_of(boxes, scores, groups, *, overlap, least):
    """The indices of boxes [n, 4] of a score above `least`, without those that overlap a better one of their group too much.

    Group by group, the best of each first. `overlap`: the share of what two boxes cover together.
    """
    candidates = (scores > least).nonzero().squeeze(1)
    kept = [candidates[:0]]
    for group in groups[candidates].unique():
        own = candidates[groups[candidates] == group]
        kept.append(own[nms(boxes[own], scores[own], overlap)])
    return torch.cat(kept)


def anchor_candidates(levels, image, most):
    """The `most` best classes of anchors of each map: logits [m], classes [m], boxes [m, 4], maps [m].

    `levels`: for each map the heads' scores [1, A * K, H, W], their steps [1, A * 4, H, W], and the anchors of a pixel.
    """
    found = []
    for level, (scores, steps, around_pixel) in enumerate(levels):
        classes = scores.shape[1] // len(around_pixel)
        logits = rows_of(scores, classes).flatten()
        chosen = best_of(logits, most)
        anchor = chosen.div(classes, rounding_mode="floor")
        anchors = anchors_of(around_pixel, scores.shape[2:], image)[anchor]
        boxes = moved_boxes(anchors, rows_of(steps, 4)[0, anchor], image)
        found.append((logits[chosen], chosen - anchor * classes, boxes, torch.full_like(chosen, level)))
    return [torch.cat(parts) for parts in zip(*found)]


class Detector(HeadsNetwork):
    """A network whose heads say of each anchor what it is, and how its box moves."""

    def __init__(self):
        super().__init__()
        for level, anchors in enumerate(ANCHORS):
            anchors = torch.tensor(anchors, dtype=torch.float32)
            self.register_buffer(f"anchors{level}", anchors, persistent=False)

    def levels(self, results):
        """What the heads say of each map, with the anchors of a pixel."""
        anchors = [getattr(self, f"anchors{level}") for level in range(len(ANCHORS))]
        return list(zip(results[DETECTION["scores"]], results[DETECTION["boxes"]], anchors))

    def forward(self, x):
        if x.shape[0] != 1:
            raise ValueError(f"boxes are those of one image, and there are {x.shape[0]}")
        outputs, results, found = self.said(x)
        outputs.update(self.detected(self.levels(results), found, tuple(x.shape[2:])))
        return outputs

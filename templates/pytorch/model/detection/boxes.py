# Boxes are rows of left, top, right and bottom, in pixels of the input. All of this is of one image.

# How far a point lies from the upper left corner of its cell, in cells.
POINTS = {"corner": 0.0, "centre": 0.5}

# The score of a class from the sigmoids of its logit and of its anchor's.
JOINS = {"product": torch.mul, "geometric-mean": lambda a, b: (a * b).sqrt()}


def pixels_of(places, image, device):
    """x and y of each pixel of a map of so many rows and columns, [rows * columns, 1, 2], and how far they are apart in the image, [2]."""
    (rows, columns), (height, width) = places, image
    y, x = torch.arange(rows, device=device), torch.arange(columns, device=device)
    y, x = y[:, None].expand(rows, columns), x.expand(rows, columns)
    spacing = torch.tensor([width // columns, height // rows], dtype=torch.float32, device=device)
    return torch.stack((x, y), 2).reshape(-1, 1, 2), spacing


def cut_off(boxes, image):
    """Boxes, cut off at the borders of the image."""
    height, width = image
    return torch.minimum(boxes.clamp(min=0.0), boxes.new_tensor([width, height, width, height]))


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


def anchor_candidates(levels, most):
    """The `most` best classes of anchors of each map: scores [m], classes [m], boxes [m, 4], maps [m].

    `levels`: for each map of its anchors [R] the classes' logits [R, K], their own or None [R, 1], the numbers of their boxes [R, V],
    and what these are relative to.
    """
    found = []
    for level, (logits, confidence, numbers, references) in enumerate(levels):
        classes = logits.shape[1]
        ranks = logits
        if confidence is not None:
            ranks = JOINS[DETECTION["confidence"]["join"]](logits.sigmoid(), confidence.sigmoid())
        chosen = best_of(ranks.flatten(), most)
        anchor = chosen.div(classes, rounding_mode="floor")
        scores = ranks.flatten()[chosen]
        boxes = decoded(numbers[anchor], references[anchor], DETECTION["decoder"])
        found.append(
            (
                scores.sigmoid() if confidence is None else scores,
                chosen - anchor * classes,
                boxes,
                torch.full_like(chosen, level),
            )
        )
    return [torch.cat(parts) for parts in zip(*found)]


class Detector(HeadsNetwork):
    """A network whose heads say of each anchor, or of each pixel, what it is and where its box lies."""

    def __init__(self):
        super().__init__()
        for level, anchors in enumerate(ANCHORS):
            anchors = None if anchors is None else torch.tensor(anchors, dtype=torch.float32)
            self.register_buffer(f"anchors{level}", anchors, persistent=False)

    def level(self, results, level, image):
        """What the heads say of the anchors of a map, and what the numbers of their boxes are relative to."""
        anchors = getattr(self, f"anchors{level}")
        per_pixel = 1 if anchors is None else len(anchors)

        def part(word):
            name, numbers = (word, slice(None)) if isinstance(word, str) else (word[0], slice(*word[1:]))
            x = results[name][level]
            return rows_of(x, x.shape[1] // per_pixel)[0, :, numbers]

        name = DETECTION["boxes"] if isinstance(DETECTION["boxes"], str) else DETECTION["boxes"][0]
        x = results[name][level]
        pixels, spacing = pixels_of(x.shape[2:], image, x.device)
        references = references_of(level, anchors, pixels, spacing, DETECTION["decoder"])
        confidence = part(DETECTION["confidence"]["of"]) if "confidence" in DETECTION else None
        return part(DETECTION["scores"]), confidence, part(DETECTION["boxes"]), references

    def forward(self, x):
        if x.shape[0] != 1:
            raise ValueError(f"boxes are those of one image, and there are {x.shape[0]}")
        image = tuple(x.shape[2:])
        outputs, results, found = self.said(x)
        levels = [self.level(results, level, image) for level in range(len(ANCHORS))]
        outputs.update(self.detected(levels, found, image))
        return outputs

class Network(Detector):
    """One image [1, C, H, W] -> a dict of what heads say beside boxes, and boxes [D, 4], scores [D], labels [D], the best first;
    masks and the like where there are heads for them. With "raw" what the heads of regions say of each proposal.

    Anchors propose regions (Faster R-CNN, NeurIPS 2015), of which maps show what they are.
    """

    def __init__(self):
        super().__init__()
        style = replace(Style(**STYLE), **DETECTION.get("style", {}))
        inputs, classes = REGIONS["inputs"], REGIONS["classes"]
        self.regions = nn.Module()
        self.regions.box = BoxHead(inputs, style, classes=classes, **REGIONS["box"])
        for name, head in REGION_HEADS.items():
            self.regions._modules[name] = head(inputs, style, classes=classes, **REGIONS[name])

    def read(self):
        return super().read() | {place_of(word) for word in REGIONS["maps"]}

    def proposals(self, levels, image):
        """The best boxes of anchors [R, 4]. Where fewer are left than are wanted, empty boxes fill them up."""
        scores, _, boxes, maps = anchor_candidates(levels, DETECTION["candidates"])
        boxes = cut_off(boxes, image)
        scores = without_small(boxes, scores, 1e-3)
        kept = kept_of(boxes, scores, maps, overlap=REGIONS["overlap"], least=-0.5)
        count = min(REGIONS["count"], len(boxes))
        best = boxes[kept[best_of(scores[kept], count)]]
        return F.pad(best, (0, 0, 0, count - len(best)))

    def detections(self, regions, classes, steps, image):
        """Boxes, scores and labels of what the box head says of regions. The class 0 is none."""
        count = len(regions)
        scores = classes.softmax(1)[:, 1:].T
        steps = steps.reshape(count, -1, 4).transpose(0, 1)[1:]
        boxes = cut_off(moved_boxes(regions[None], steps, centre=0.1, sides=0.2), image)
        scores = without_small(boxes, scores, 1e-2).flatten()
        boxes = boxes.flatten(0, 1)
        labels = torch.arange(len(scores), device=scores.device).div(count, rounding_mode="floor") + 1
        kept = kept_of(boxes, scores, labels, overlap=DETECTION["overlap"], least=DETECTION["least"])
        kept = kept[best_of(scores[kept], DETECTION["detections"])]
        return boxes[kept], scores[kept], labels[kept]

    def detected(self, levels, found, image):
        maps, strides = [found[place_of(word)] for word in REGIONS["maps"]], REGIONS["strides"]
        proposals = self.proposals(levels, image)
        classes, steps = self.regions.box(maps, strides, proposals)
        heads = {name: self.regions._modules[name] for name in REGION_HEADS}
        if DETECTION.get("raw", False):
            outputs = {"proposals": proposals, "class_logits": classes, "box_regression": steps}
            outputs.update({head.raw: head(maps, strides, proposals) for head in heads.values()})
            return outputs
        boxes, scores, labels = self.detections(proposals, classes, steps, image)
        outputs = {"boxes": boxes, "scores": scores, "labels": labels}
        for head in heads.values():
            outputs[head.name] = head.of_labels(head(maps, strides, boxes), labels)
        return outputs

class Network(Detector):
    """One image [1, C, H, W] -> a dict of what the heads say beside boxes, and boxes [D, 4], scores [D], labels [D], the best first.

    The best classes of anchors of each map are candidates (RetinaNet, ICCV 2017, section 4).
    """

    def detected(self, levels, found, image):
        scores, labels, boxes, _ = anchor_candidates(levels, DETECTION["candidates"])
        boxes = cut_off(boxes, image) if DETECTION["clip"] == "before-nms" else boxes
        kept = kept_of(boxes, scores, labels, overlap=DETECTION["overlap"], least=DETECTION["least"])
        kept = kept[best_of(scores[kept], DETECTION["detections"])]
        return {"boxes": cut_off(boxes[kept], image), "scores": scores[kept], "labels": labels[kept]}

"""Trains the network of model.py: on one CPU, on one GPU, or on many with torchrun.

    python train.py --epochs 5                                       shapes that are drawn here
    python train.py --data DIR --epochs 100 --amp bfloat16           images in DIR/train/CLASS/ and DIR/val/CLASS/
    torchrun --nproc_per_node 8 --max_restarts 3 train.py --resume   eight processes, which go on where one was lost
"""

import argparse
import copy
import csv
import ctypes
import json
import math
import os
import struct
import time

import torch
import torch.nn.functional as F
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DataLoader, Subset
from torch.utils.data.distributed import DistributedSampler

from common import Progress, add_machine_flags, loading_of, mixed, moved, number, refuse, scaler_of, scheduled, team_of
from data import Shapes, folders
from model import HEAD, Network, parameter_count
from weights import load_weights, replacing, save_weights

INPUT = {{input}}
COLUMNS = ["epoch", "lr", "loss", "accuracy", "val_loss", "val_accuracy", "ema_accuracy", "images_per_second", "seconds"]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--data", default="shapes", help="'shapes', or a folder with train/ and val/ [%(default)s]")
    add("--train-images", type=number(int, 1), default=4096, help="how many shapes to train on [%(default)s]")
    add("--val-images", type=number(int, 1), default=1024, help="how many shapes to validate on [%(default)s]")
    add("--resolution", type=number(int, 1), nargs=2, default=INPUT[1:], metavar=("H", "W"), help="[%(default)s]")
    add("--output", default="run", help="the folder for checkpoints, weights and the log [%(default)s]")
    add("--epochs", type=number(int, 1), default=10, help="[%(default)s]")
    add("--stop-after", type=number(int, 1), help="end after this epoch, to go on later with --resume")
    add("--batch-size", type=number(int, 1), default=64, help="images of one process and step [%(default)s]")
    add("--optimizer", choices=["sgd", "adamw"], default="adamw", help="[%(default)s]")
    add("--lr", type=number(float, 0.0), default=None, help="for 256 images a step [sgd: 0.1, adamw: 0.002]")
    add("--weight-decay", type=number(float, 0.0), default=None, help="[sgd: 0.00002, adamw: 0.05]")
    add("--warmup-epochs", type=number(float, 0.0), default=1.0, help="[%(default)s]")
    add("--label-smoothing", type=number(float, 0.0, 1.0), default=0.1, help="[%(default)s]")
    add("--clip-norm", type=number(float, 0.0), default=0.0, help="largest norm of the gradient, 0 for any [%(default)s]")
    add("--ema", type=number(float, 0.0, 1.0), default=0.999, help="decay of the averaged weights, 0 for none [%(default)s]")
    add_machine_flags(add)
    add("--weights", help="a safetensors file to start from")
    add("--resume", action="store_true", help="go on from OUTPUT/last.pt if it is there")
    add("--evaluate", action="store_true", help="no training: the accuracy of --weights")
    add("--export-validation", metavar="DIR", help="with --evaluate: write the images, labels and logits as .npy files")
    args = parser.parse_args()
    if args.evaluate and not args.weights:
        parser.error("--evaluate is about the weights of --weights, and there are none")
    if args.export_validation and not args.evaluate:
        parser.error("--export-validation goes with --evaluate: before a training the logits mean nothing")
    return args


class Average:
    """Weights averaged over the steps: w = decay * w + (1 - decay) * model, running statistics too."""

    def __init__(self, model, decay):
        self.model = copy.deepcopy(model).eval().requires_grad_(False)
        self.decay, self.steps = decay, 0

    @torch.no_grad()
    def update(self, model):
        self.steps += 1
        # Few steps make a short memory, so that the start is forgotten.
        decay = min(self.decay, (1 + self.steps) / (10 + self.steps))
        for mean, new in zip(self.model.state_dict().values(), model.state_dict().values()):
            if mean.is_floating_point():
                mean.lerp_(new, 1.0 - decay)
            else:
                mean.copy_(new)


def datasets(args):
    height, width = args.resolution
    if args.data != "shapes":
        return folders(args.data, height, width, HEAD["classes"])
    shape = (HEAD["classes"], INPUT[0], height, width)
    return Shapes(args.train_images, *shape, seed=args.seed), Shapes(args.val_images, *shape, seed=args.seed + 1)


def optimizer_of(model, args):
    """Weights that multiply decay; biases and the scales of normalisations don't."""
    decayed = [p for p in model.parameters() if p.dim() > 1]
    others = [p for p in model.parameters() if p.dim() <= 1]
    decay = args.weight_decay if args.weight_decay is not None else {"sgd": 2e-5, "adamw": 0.05}[args.optimizer]
    groups = [{"params": decayed, "weight_decay": decay}, {"params": others, "weight_decay": 0.0}]
    if args.optimizer == "sgd":
        return torch.optim.SGD(groups, lr=1.0, momentum=0.9, nesterov=True)
    return torch.optim.AdamW(groups, lr=1.0)


def rate_at(epoch, args, team):
    """The learning rate after so many epochs, parts of one included."""
    usual = args.lr if args.lr is not None else {"sgd": 0.1, "adamw": 0.002}[args.optimizer]
    return usual * args.batch_size * team.size / 256.0 * scheduled(epoch, args.epochs, args.warmup_epochs)


@torch.no_grad()
def evaluate(model, loader, args, team):
    """Mean loss and accuracy over the validation images of all processes, each image once."""
    team.share_statistics(model)
    model.eval()
    loss, right, count = 0.0, 0, 0
    for images, labels in loader:
        labels = labels.to(team.device)
        with mixed(args, team):
            logits = model(moved(images, args, team))
        loss += F.cross_entropy(logits.float(), labels, reduction="sum").item()
        right += (logits.argmax(1) == labels).sum().item()
        count += len(labels)
    loss, right, count = team.total(loss, right, count)
    return loss / count, right / count


def train_epoch(model, average, loader, optimizer, scaler, epoch, args, team, progress):
    model.train()
    bare = model.module if isinstance(model, DistributedDataParallel) else model
    loss_sum, right, count, start = 0.0, 0, 0, time.time()
    for step, (images, labels) in enumerate(loader):
        for group in optimizer.param_groups:
            group["lr"] = rate_at(epoch + (step + 1) / len(loader), args, team)
        labels = labels.to(team.device)
        with mixed(args, team):
            logits = model(moved(images, args, team))
            loss = F.cross_entropy(logits, labels, label_smoothing=args.label_smoothing)
        if not math.isfinite(loss.item()):
            raise SystemExit(f"epoch {epoch + 1}, step {step + 1}: the loss is {loss.item()}; try a smaller --lr")
        optimizer.zero_grad(set_to_none=True)
        scaler.scale(loss).backward()
        if args.clip_norm > 0:
            scaler.unscale_(optimizer)
            torch.nn.utils.clip_grad_norm_(model.parameters(), args.clip_norm)
        scaler.step(optimizer)
        scaler.update()
        if average is not None:
            average.update(bare)
        loss_sum += loss.item() * len(labels)
        right += (logits.argmax(1) == labels).sum().item()
        count += len(labels)
        progress.update(f"epoch {epoch + 1}/{args.epochs} loss {loss_sum / count:.3f}", (step + 1) / len(loader))
    progress.clear()
    loss_sum, right, count = team.total(loss_sum, right, count)
    return loss_sum / count, right / count, count / (time.time() - start)


class Log:
    """log.csv: a row for each epoch. What a resumed run does again is written anew."""

    def __init__(self, path, epoch):
        self.path = path
        rows = []
        if os.path.exists(path):
            with open(path, newline="") as file:
                rows = [row for row in csv.DictReader(file) if int(row["epoch"]) <= epoch]
        with open(path, "w", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS)
            writer.writeheader()
            writer.writerows(rows)

    def write(self, row):
        with open(self.path, "a", newline="") as file:
            csv.DictWriter(file, COLUMNS).writerow(row)
        print("  ".join(f"{word} {value}" for word, value in row.items()), flush=True)


def save_array(path, tensor, code):
    """A NumPy file, version 1.0."""
    shape = "".join(f"{size}, " for size in tensor.shape)
    header = f"{{'descr': '{code}', 'fortran_order': False, 'shape': ({shape}), }}"
    header += " " * (-(len(header) + 11) % 64) + "\n"
    with replacing(path) as file:
        file.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode("ascii"))
        tensor = tensor.contiguous()
        file.write(ctypes.string_at(tensor.data_ptr(), tensor.numel() * tensor.element_size()))


@torch.no_grad()
def export_validation(folder, model, loader, args, team):
    """The validation images as the network takes them, their labels, and the network's logits."""
    os.makedirs(folder, exist_ok=True)
    model.eval()
    batches = [(images, labels, model(moved(images, args, team)).float().cpu()) for images, labels in loader]
    images, labels, logits = (torch.cat(parts) for parts in zip(*batches))
    save_array(os.path.join(folder, "images.npy"), images.float(), "<f4")
    save_array(os.path.join(folder, "labels.npy"), labels.long(), "<i8")
    save_array(os.path.join(folder, "logits.npy"), logits, "<f4")


def main():
    args = arguments()
    if HEAD is None:
        refuse("the network has no classifier: this loop trains classifiers, backbones take their weights")
    team = team_of(args)
    torch.manual_seed(args.seed)
    model = Network().to(team.device)
    if args.channels_last:
        model = model.to(memory_format=torch.channels_last)
    if args.weights:
        model.load_state_dict(load_weights(args.weights))
    training, validation = datasets(args)
    share = Subset(validation, range(team.rank, len(validation), team.size))
    loading = loading_of(args, team)
    val_loader = DataLoader(share, **loading)
    if args.export_validation and team.first:
        export_validation(args.export_validation, model, DataLoader(validation, **loading), args, team)
    if args.evaluate:
        loss, accuracy = evaluate(model, val_loader, args, team)
        if team.first:
            print(json.dumps({"val_loss": loss, "val_accuracy": accuracy, "parameters": parameter_count(model)}))
        return team.close()

    average = Average(model, args.ema) if args.ema > 0 else None
    optimizer, scaler = optimizer_of(model, args), scaler_of(args, team)
    os.makedirs(args.output, exist_ok=True)
    last = os.path.join(args.output, "last.pt")
    epoch = 0
    if args.resume and os.path.exists(last):
        state = torch.load(last, map_location="cpu")
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        scaler.load_state_dict(state["scaler"])
        if average is not None and state["ema"] is not None:
            average.model.load_state_dict(state["ema"])
            average.steps = state["ema_steps"]
        epoch = state["epoch"]
    if team.first:
        print(f"{parameter_count(model):,} parameters, {team.size} x {team.device.type}, from epoch {epoch + 1}")
    log = Log(os.path.join(args.output, "log.csv"), epoch) if team.first else None
    sampler = DistributedSampler(training, team.size, team.rank, shuffle=True, seed=args.seed, drop_last=True)
    loader = DataLoader(training, sampler=sampler, drop_last=len(training) >= args.batch_size * team.size, **loading)
    parallel = model
    if team.size > 1:
        on = [team.device.index] if team.device.type == "cuda" else None
        parallel = DistributedDataParallel(model, device_ids=on)
    progress = Progress(team.first)
    while epoch < min(args.epochs, args.stop_after or args.epochs):
        start = time.time()
        # What is random in an epoch depends on the epoch alone, so that a resumed run is the same run.
        torch.manual_seed(args.seed + 1000 * (epoch + 1) + team.rank)
        sampler.set_epoch(epoch)
        loss, accuracy, speed = train_epoch(
            parallel, average, loader, optimizer, scaler, epoch, args, team, progress
        )
        epoch += 1
        val_loss, val_accuracy = evaluate(model, val_loader, args, team)
        ema_accuracy = None if average is None else evaluate(average.model, val_loader, args, team)[1]
        if not team.first:
            continue
        state = {
            "epoch": epoch,
            "model": model.state_dict(),
            "optimizer": optimizer.state_dict(),
            "scaler": scaler.state_dict(),
            "ema": None if average is None else average.model.state_dict(),
            "ema_steps": 0 if average is None else average.steps,
        }
        with replacing(last) as file:
            torch.save(state, file)
        log.write(
            {
                "epoch": epoch,
                "lr": f"{optimizer.param_groups[0]['lr']:.6f}",
                "loss": f"{loss:.4f}",
                "accuracy": f"{accuracy:.4f}",
                "val_loss": f"{val_loss:.4f}",
                "val_accuracy": f"{val_accuracy:.4f}",
                "ema_accuracy": "" if ema_accuracy is None else f"{ema_accuracy:.4f}",
                "images_per_second": f"{speed:.1f}",
                "seconds": f"{time.time() - start:.1f}",
            }
        )
    if team.first:
        save_weights(os.path.join(args.output, "weights.safetensors"), model.state_dict())
        if average is not None:
            save_weights(os.path.join(args.output, "ema.safetensors"), average.model.state_dict())
    team.close()


if __name__ == "__main__":
    main()

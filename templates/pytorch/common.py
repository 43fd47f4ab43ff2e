"""What train.py and distill.py share: words of the command line, processes that work together, mixed precision."""

import argparse
import contextlib
import math
import os
import sys

import torch
import torch.distributed as dist


def refuse(message):
    """Ends the program for what is wrong with its input: exit code 2."""
    print(f"error: {message}", file=sys.stderr)
    raise SystemExit(2)


def number(kind, least, most=math.inf):
    """A number of the command line that is in a range."""

    def read(text):
        value = kind(text)
        if not least <= value <= most:
            limits = f"at least {least}" if most == math.inf else f"from {least} to {most}"
            raise argparse.ArgumentTypeError(f"{text} is not {limits}")
        return value

    read.__name__ = "whole number" if kind is int else "number"
    return read


def add_machine_flags(add):
    """The flags that say where and how a program computes, by `add_argument` of its parser."""
    add("--amp", choices=["off", "bfloat16", "float16"], default="off", help="mixed precision [%(default)s]")
    add("--channels-last", action="store_true", help="the layout that tensor cores prefer")
    add("--device", choices=["auto", "cpu", "cuda"], default="auto", help="[%(default)s]")
    add("--workers", type=number(int, 0), default=0, help="processes that load data [%(default)s]")
    add("--seed", type=number(int, 0), default=0, help="[%(default)s]")


class Team:
    """The processes that train together; one where torchrun did not start this one."""

    def __init__(self, device):
        self.size = int(os.environ.get("WORLD_SIZE", "1"))
        self.rank = int(os.environ.get("RANK", "0"))
        cuda = torch.cuda.is_available() if device == "auto" else device == "cuda"
        self.device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0"))) if cuda else torch.device("cpu")
        if cuda and not torch.cuda.is_available():
            refuse("--device cuda: PyTorch finds no such device here")
        if cuda:
            torch.cuda.set_device(self.device)
        if self.size > 1:
            dist.init_process_group("nccl" if cuda else "gloo")

    @property
    def first(self):
        return self.rank == 0

    def total(self, *numbers):
        """The sums over all processes."""
        numbers = torch.tensor(numbers, dtype=torch.float64, device=self.device)
        if self.size > 1:
            dist.all_reduce(numbers)
            # A thread of the group may still hold the tensor. It must not be the last that does: freeing it takes Python's
            # lock, which the end of the group does not give away while it waits for that thread (seen in torch 1.13).
            Team.kept = numbers
        return numbers.tolist()

    def share_statistics(self, model):
        """Gives all processes the running statistics of the first, whose weights are saved."""
        if self.size > 1:
            for buffer in model.buffers():
                dist.broadcast(buffer, 0)

    def close(self):
        if self.size > 1:
            dist.destroy_process_group()


def team_of(args):
    """The processes on the device that is asked for."""
    team = Team(args.device)
    if args.amp == "float16" and team.device.type == "cpu":
        refuse("--amp float16 needs a GPU: on the CPU there is --amp bfloat16")
    return team


class Progress:
    """One line that is written over on a terminal; nothing elsewhere."""

    def __init__(self, shown):
        self.shown = shown and sys.stderr.isatty()

    def update(self, text, part):
        if self.shown:
            done = int(24 * part)
            print(f"\r{text} [{'=' * done}{' ' * (24 - done)}] {part:4.0%}", end="", file=sys.stderr, flush=True)

    def clear(self):
        if self.shown:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def scheduled(epoch, epochs, warmup):
    """The part of the learning rate after so many epochs, parts of one included: linear warm-up, then half a cosine to zero."""
    if epoch < warmup:
        return epoch / warmup
    done = (epoch - warmup) / max(epochs - warmup, 1e-9)
    return 0.5 * (1.0 + math.cos(math.pi * min(1.0, done)))


def mixed(args, team):
    """The context that forward passes run in."""
    if args.amp == "off":
        return contextlib.nullcontext()
    return torch.autocast(team.device.type, dtype=getattr(torch, args.amp))


def scaler_of(args, team):
    """Keeps small gradients from vanishing in float16."""
    enabled = args.amp == "float16" and team.device.type == "cuda"
    if hasattr(torch, "amp") and hasattr(torch.amp, "GradScaler"):
        return torch.amp.GradScaler(team.device.type, enabled=enabled)
    return torch.cuda.amp.GradScaler(enabled=enabled)


def moved(images, args, team):
    layout = torch.channels_last if args.channels_last else torch.contiguous_format
    return images.to(team.device, non_blocking=True, memory_format=layout)


def loading_of(args, team):
    """How batches are loaded, as arguments of a DataLoader."""
    return {"batch_size": args.batch_size, "num_workers": args.workers, "pin_memory": team.device.type == "cuda"}

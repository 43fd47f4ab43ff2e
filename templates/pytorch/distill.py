"""Trains the new gates of model.py to do what the old network of teacher.py does, on images without labels.

    python distill.py --images DIR                                      the images in DIR and the folders in it
    python distill.py --images DIR --teacher-weights old.safetensors    weights of the old network of your own
    python distill.py --images DIR --norms --resume                     normalisations too; goes on after a kill
    torchrun --nproc_per_node 8 --max_restarts 3 distill.py --images DIR --resume

Only the new gates learn; all other weights keep their bits. OUTPUT/weights.safetensors is for `ecagen compile --weights`.
"""

import argparse
import csv
import ctypes
import hashlib
import io
import math
import os
import pickle
import struct
import sys
import time

import torch
from torch import nn
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DataLoader, Subset
from torch.utils.data.distributed import DistributedSampler

import model
import teacher
from common import Progress, add_machine_flags, loading_of, mixed, moved, number, refuse, scaler_of, scheduled, team_of
from data import Shapes, Unlabelled, Unreadable, WithoutLabels, images_below, preparations
from distances import Watched, figures_of, loss_of, mean_of, products
from weights import load_weights, replacing, save_weights

INPUT = {{input}}

# The modules of the gates that are new.
NEW_GATES = {{gates}}

# Whether what comes out is one row of classes.
IS_CLASSIFIER = {{classifier}}

# What ecagen wrote beside this program, if it was given weights.
TEACHER, START = (os.path.join(os.path.dirname(__file__), name) for name in ("teacher.safetensors", "weights.safetensors"))
COLUMNS = ["epoch", "lr", "loss", "relative_error", "cosine", "same_class", "images_per_second", "seconds"]

# Flags that don't change what is learned: a run may go on with others.
FREE = ["output", "stop_after", "channels_last", "device", "resume", "images", "teacher_weights", "weights"]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--images", required=True, help="a folder of images, or 'shapes' for drawn ones; labels are not looked at")
    add("--shapes", type=number(int, 2), help="how many are drawn with --images shapes [4096]")
    add("--held-out", type=number(float, 0.001, 0.9), default=0.1, help="the part of the images to measure on [%(default)s]")
    crops = "what of images in folders is learned from: random crops and flips, or the whole [random]"
    add("--crops", choices=["random", "whole"], help=crops)
    add("--resolution", type=number(int, 1), nargs=2, default=INPUT[1:], metavar=("H", "W"), help="[%(default)s]")
    add("--teacher-weights", metavar="FILE", help="weights of the old network [teacher.safetensors beside this]")
    start = "weights to start from [weights.safetensors beside this; without it the old network's, and drawn gates]"
    add("--weights", metavar="FILE", help=start)
    add("--norms", action="store_true", help="train scale and shift of the normalisations too; their statistics stay")
    loss = "mse: |new - old|^2 of outputs as a part of their variance; kl: softened classes, arXiv:1503.02531 [%(default)s]"
    add("--loss", choices=["mse", "kl"], default="mse", help=loss)
    add("--temperature", type=number(float, 0.01), help="with --loss kl [4.0]")
    hints = "how much the values behind the new gates count beside the outputs, arXiv:1412.6550; 0: not [%(default)s]"
    add("--hints", type=number(float, 0.0), default=1.0, help=hints)
    add("--output", default="distilled", help="the folder for the checkpoint, weights and the log [%(default)s]")
    add("--epochs", type=number(int, 1), default=10, help="[%(default)s]")
    add("--stop-after", type=number(int, 1), help="end after this epoch, to go on later with --resume")
    add("--batch-size", type=number(int, 1), default=64, help="images of one process and step [%(default)s]")
    add("--lr", type=number(float, 0.0), default=0.01, help="of Adam [%(default)s]")
    add("--warmup-epochs", type=number(float, 0.0), default=0.0, help="[%(default)s]")
    add_machine_flags(add)
    add("--resume", action="store_true", help="go on from OUTPUT/last.pt if it is there")
    args = parser.parse_args()
    if args.temperature is not None and args.loss != "kl":
        parser.error("--temperature goes with --loss kl")
    if args.loss == "kl" and not IS_CLASSIFIER:
        parser.error("--loss kl is for one row of classes, and the network has other outputs")
    if args.images == "shapes" and args.crops is not None:
        parser.error("--crops is for images in folders: shapes are taken as they are drawn")
    if args.images != "shapes" and args.shapes is not None:
        parser.error("--shapes goes with --images shapes")
    args.temperature, args.shapes, args.crops = args.temperature or 4.0, args.shapes or 4096, args.crops or "random"
    return args


def filled(network, path, what):
    """Puts the weights of a file into a network, all of them."""
    try:
        tensors = load_weights(path)
    except FileNotFoundError:
        refuse(f"{path} is not there")
    except (OSError, ValueError, KeyError, TypeError, AttributeError, struct.error) as error:
        text = f"{type(error).__name__}: {error}"
        refuse(f"{path} is no safetensors file that can be read ({text}); ecagen codegen --weights reads others too")
    try:
        found = network.load_state_dict(tensors, strict=False)
        problems = [f"{name} is missing" for name in found.missing_keys]
        problems += [f"{name} is no part of it" for name in found.unexpected_keys]
    except RuntimeError as error:
        problems = [line.strip() for line in str(error).splitlines()[1:]]
    if problems:
        more = [f"and {len(problems) - 8} more"] if len(problems) > 8 else []
        refuse("\n    ".join([f"{path} does not fit {what}:", *problems[:8], *more]))


def tensors_of(network):
    """Parameters and running statistics, by the names of the attributes: those in files may be others."""
    return {**dict(network.named_parameters()), **dict(network.named_buffers())}


def is_new(name):
    return any(name.startswith(f"{gate}.") for gate in NEW_GATES)


def networks(args):
    """The old network, and the new one as it starts, with what is to be said of them."""
    if args.teacher_weights is None and not os.path.exists(TEACHER):
        refuse("the old network has no weights: give --teacher-weights FILE, or --weights to ecagen codegen")
    old_file = args.teacher_weights or TEACHER
    new_file = args.weights or (START if os.path.exists(START) else None)
    old = teacher.Network()
    filled(old, old_file, "the old network, that of teacher.py")
    torch.manual_seed(args.seed)
    new = model.Network()
    theirs = tensors_of(old)
    others = {name: each for name, each in tensors_of(new).items() if not is_new(name)}
    unknown = [name for name in others if name not in theirs]
    if new_file is None and unknown:
        refuse(f"{unknown[0]} is neither of a new gate nor of the old network: give --weights FILE to start from")
    if new_file is None:
        for name, each in others.items():
            each.data.copy_(theirs[name])
        return old, new, f"starts with the weights of {old_file} and gates drawn with seed {args.seed}"
    filled(new, new_file, "the new network, that of model.py")
    weights = [name for name in others if not name.endswith("num_batches_tracked")]
    same = sum(name in theirs and torch.equal(others[name], theirs[name]) for name in weights)
    if same == 0 and args.weights is None:
        refuse(
            f"{new_file} has no weight of {old_file}: it was made of another network."
            " Give --weights FILE, which the new network is to start from"
        )
    return old, new, f"starts from {new_file}, which has {same} of {len(weights)} other tensors from {old_file}"


def image_sets(args):
    """What is learned from, what is held out of it, and the names of all."""
    height, width = args.resolution
    if args.images == "shapes":
        count, names, left = args.shapes, "shapes", 0
        drawn = WithoutLabels(Shapes(count, 8, INPUT[0], height, width, args.seed))
    else:
        files, left = images_below(args.images)
        count, names = len(files), "\n".join(os.path.relpath(each, args.images) for each in files)
    if count < 2:
        refuse(f"{args.images} has {'one image' if count else 'no image'} in it; it takes two, of which one is held out")
    if left > 0:
        print(f"{args.images}: {left:,} files are left out, whose names are not those of images", file=sys.stderr)
    order = torch.randperm(count, generator=torch.Generator().manual_seed(args.seed)).tolist()
    held = min(count - 1, max(1, round(count * args.held_out)))
    parts = sorted(order[held:]), sorted(order[:held])
    if args.images == "shapes":
        return (*(Subset(drawn, part) for part in parts), names)
    cropped, whole = preparations(height, width)
    prepare = (cropped if args.crops == "random" else whole), whole
    return (*(Unlabelled([files[i] for i in part], each) for part, each in zip(parts, prepare)), names)


def learning(new, norms):
    """The parameters that learn: those of the new gates, and of the normalisations if asked for. No other has a gradient."""
    new.requires_grad_(False)
    for gate in NEW_GATES:
        new.get_submodule(gate).requires_grad_(True)
    kinds = (nn.modules.batchnorm._BatchNorm, nn.LayerNorm, getattr(model, "GroupNorm", nn.GroupNorm))
    for name, module in new.named_modules() if norms else ():
        # Heads of single regions come after what is compared.
        if isinstance(module, kinds) and not name.startswith("regions."):
            module.requires_grad_(True)
    learned = [each for each in new.parameters() if each.requires_grad]
    if not learned:
        what = "the new gates have no parameters" if NEW_GATES else "the gates were removed and none is new"
        refuse(f"{what}, so there is nothing to learn{'' if norms else ' without --norms'}")
    return learned


def set_training(new):
    """The network computes as it does later, with the statistics that it has; new gates still have to find theirs."""
    new.eval()
    for gate in NEW_GATES:
        new.get_submodule(gate).train()


@torch.no_grad()
def measure(new, old, loader, args, team):
    """How far each output is from the old network's, over the held-out images of all processes, each once."""
    team.share_statistics(new)
    new.eval()
    sums = {}
    for images in loader:
        images = moved(images, args, team)
        found, wanted = new.outputs(images), old.outputs(images)
        for name in wanted:
            each = products(found[name].double(), wanted[name].double(), IS_CLASSIFIER)
            sums[name] = [a + b for a, b in zip(sums.get(name, [0.0] * len(each)), each)]
    figures = {name: figures_of(*team.total(*each), IS_CLASSIFIER) for name, each in sums.items()}
    for name, each in figures.items():
        if not math.isfinite(each["relative_error"] * each["cosine"]):
            refuse(f"the networks' {name} are not finite: look at the weights, or try a smaller --lr")
    return figures


def train_epoch(new, old, loader, optimizer, scaler, epoch, args, team, progress):
    total, count, start = 0.0, 0, time.time()
    for step, images in enumerate(loader):
        for group in optimizer.param_groups:
            group["lr"] = args.lr * scheduled(epoch + (step + 1) / len(loader), args.epochs, args.warmup_epochs)
        images = moved(images, args, team)
        with mixed(args, team):
            with torch.no_grad():
                wanted = old(images)
            loss = loss_of(new(images), wanted, args)
        if not math.isfinite(loss.item()):
            raise SystemExit(f"epoch {epoch + 1}, step {step + 1}: the loss is {loss.item()}; try a smaller --lr")
        optimizer.zero_grad(set_to_none=True)
        scaler.scale(loss).backward()
        scaler.step(optimizer)
        scaler.update()
        total += loss.item() * len(images)
        count += len(images)
        progress.update(f"epoch {epoch + 1}/{args.epochs} loss {total / count:.4f}", (step + 1) / len(loader))
    progress.clear()
    total, count = team.total(total, count)
    return total / count, count / (time.time() - start)


def digest(*parts):
    """A text that is another one for other tensors or texts."""
    found = hashlib.sha256()
    for part in parts:
        if isinstance(part, str):
            found.update(part.encode("utf-8", "surrogateescape"))
        else:
            part = part.detach().cpu().contiguous()
            found.update(ctypes.string_at(part.data_ptr(), part.numel() * part.element_size()))
    return found.hexdigest()


def resumed(path, settings, parts):
    """Puts all parts where a run with the same settings was, and gives what else is known of it."""
    try:
        state = torch.load(path, map_location="cpu")
        before = state["settings"]
    except (OSError, RuntimeError, LookupError, TypeError, ValueError, EOFError, pickle.UnpicklingError) as error:
        refuse(f"{path} is no checkpoint of distill.py that can be read: {type(error).__name__}: {error}")
    other = [word for word in settings if settings[word] != before.get(word)]
    if other:
        was = ", ".join(f"{word.replace('_', ' ')} was {before.get(word)} and is {settings[word]}" for word in other)
        refuse(f"{path} is of a run with other settings: {was}. Give the same, or another --output")
    for word, part in parts.items():
        part.load_state_dict(state.pop(word))
    return state


def write_log(path, rows):
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS)
    writer.writeheader()
    writer.writerows(rows)
    with replacing(path) as file:
        file.write(text.getvalue().encode())


def row_of(epoch, figures, **others):
    words = {word: mean_of(figures, word) for word in ("relative_error", "cosine", "same_class")}
    return {**dict.fromkeys(COLUMNS, ""), "epoch": epoch, **words, **others}


def say(row):
    print("  ".join(f"{word} {value}" for word, value in row.items() if value != ""), flush=True)


def report(state, held, count, norms):
    """What the held-out images say of each output, before and after."""
    before, after = state["before"], state["after"]
    print(f"on {held:,} of {count:,} images, which were held out:")
    for name, each in after.items():
        changes = (f"{word.replace('_', ' ')} {before[name][word]:.4f} -> {each[word]:.4f}" for word in each)
        print(f"  {name}: {', '.join(changes)}")
    if float(mean_of(after, "relative_error")) >= float(mean_of(before, "relative_error")):
        print("warning: the outputs are no nearer than at the start: try another --lr or more --epochs", file=sys.stderr)
    if not norms:
        print("only the new gates learned; with --norms scale and shift of the normalisations learn too")


def refuse_impossible(args, team, new, training, held):
    """What would fail later, or write over what was read."""
    if min(len(training), len(held)) < team.size:
        refuse(f"{len(training)} images to learn from and {len(held)} held out are too few for {team.size} processes")
    output = os.path.join(args.output, "weights.safetensors")
    for path in (args.weights or START, args.teacher_weights or TEACHER):
        if os.path.exists(output) and os.path.exists(path) and os.path.samefile(output, path):
            refuse(f"--output {args.output}: {path} would be written over, which was read")
    if os.path.exists(args.output) and not os.path.isdir(args.output):
        refuse(f"--output {args.output} is no folder")
    norms = [each for gate in NEW_GATES for each in new.get_submodule(gate).modules()]
    each = min(args.batch_size, len(training) // team.size)
    if each < 2 and any(isinstance(module, nn.modules.batchnorm._BatchNorm) for module in norms):
        refuse("the new gates have batch normalisations, which take two images a step at least: --batch-size 2 or more")


def watching(new, old, hints):
    """Both networks, with the values behind their gates if asked for: those that stand where an old gate stood."""
    there = dict(old.named_modules())
    paths = [gate for gate in NEW_GATES if gate in there] if hints else []
    regions = getattr(model, "REGIONS", {"maps": []})
    maps = [model.place_of(word) for word in regions["maps"]]
    return Watched(new, paths, maps), Watched(old, paths, maps)


def settings_of(args, team, names, old, new):
    """What a result depends on: a run may go on with the same alone."""
    settings = {word: value for word, value in vars(args).items() if word not in FREE}
    weights = {"old_weights": old, "start_weights": new}
    digests = {word: digest(*tensors_of(network).values()) for word, network in weights.items()}
    return {**settings, "processes": team.size, "image_names": digest(names), **digests}


def save(output, state):
    os.makedirs(output, exist_ok=True)
    with replacing(os.path.join(output, "last.pt")) as file:
        torch.save(state, file)
    write_log(os.path.join(output, "log.csv"), state["rows"])


def main():
    args = arguments()
    team = team_of(args)
    old, new, start = networks(args)
    training, held, names = image_sets(args)
    refuse_impossible(args, team, new, training, held)
    settings = settings_of(args, team, names, old, new)

    layout = torch.channels_last if args.channels_last else torch.preserve_format
    old, new = (each.to(team.device, memory_format=layout) for each in (old.eval().requires_grad_(False), new))
    learned = learning(new, args.norms)
    optimizer, scaler = torch.optim.Adam(learned, lr=args.lr), scaler_of(args, team)
    parts = {"model": new, "optimizer": optimizer, "scaler": scaler}
    watched, old = watching(new, old, args.hints > 0)
    loading = loading_of(args, team)
    measured = DataLoader(Subset(held, range(team.rank, len(held), team.size)), **loading)
    sampler = DistributedSampler(training, team.size, team.rank, shuffle=True, seed=args.seed, drop_last=True)
    loader = DataLoader(training, sampler=sampler, drop_last=len(training) >= args.batch_size * team.size, **loading)

    last = os.path.join(args.output, "last.pt")
    if args.resume and os.path.exists(last):
        state = resumed(last, settings, parts)
    else:
        figures = measure(watched, old, measured, args, team)
        state = {"settings": settings, "epoch": 0, "rows": [row_of(0, figures)], "before": figures, "after": figures}
    if team.first:
        numbers = f"{sum(each.numel() for each in learned):,} of {model.parameter_count(new):,} parameters learn"
        print(f"the new network {start}")
        print(f"{len(NEW_GATES)} new gates, {numbers}, {team.size} x {team.device.type}, from epoch {state['epoch'] + 1}")
        say(state["rows"][-1])
    parallel = watched
    if team.size > 1:
        on = [team.device.index] if team.device.type == "cuda" else None
        parallel = DistributedDataParallel(watched, device_ids=on)
    progress = Progress(team.first)
    for epoch in range(state["epoch"], min(args.epochs, args.stop_after or args.epochs)):
        began = time.time()
        # What is random in an epoch depends on the epoch alone, so that a resumed run is the same run.
        torch.manual_seed(args.seed + 1000 * (epoch + 1) + team.rank)
        sampler.set_epoch(epoch)
        set_training(new)
        loss, speed = train_epoch(parallel, old, loader, optimizer, scaler, epoch, args, team, progress)
        figures = measure(watched, old, measured, args, team)
        times = {"images_per_second": f"{speed:.1f}", "seconds": f"{time.time() - began:.1f}"}
        row = row_of(epoch + 1, figures, lr=f"{optimizer.param_groups[0]['lr']:.6f}", loss=f"{loss:.6f}", **times)
        state = {**state, "epoch": epoch + 1, "rows": [*state["rows"], row], "after": figures}
        if team.first:
            save(args.output, {**state, **{word: each.state_dict() for word, each in parts.items()}})
            say(row)
    if team.first:
        weights = os.path.join(args.output, "weights.safetensors")
        save_weights(weights, new.state_dict())
        report(state, len(held), len(held) + len(training), args.norms)
        print(weights)
    team.close()


if __name__ == "__main__":
    try:
        main()
    except Unreadable as error:
        refuse(error)

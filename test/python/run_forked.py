"""Runs a program many times: python3 run_forked.py PROGRAM < RUNS > RESULTS

RUNS is a JSON list of {"cwd": folder, "args": arguments}. Each run is a process of its own, forked from this one, which
has imported torch; importing it takes longer than most runs. RESULTS has each run's exit status and what it wrote on
stderr, in order.
"""

import json
import os
import runpy
import sys
import tempfile

import torch  # noqa: F401
import torch.nn.functional  # noqa: F401


def run(program, cwd, args):
    with tempfile.TemporaryFile() as errors:
        child = os.fork()
        if child == 0:
            os.chdir(cwd)
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            os.dup2(errors.fileno(), 2)
            sys.argv = [program, *args]
            # As python does with a program's folder.
            sys.path[0] = cwd
            runpy.run_path(program, run_name="__main__")
            sys.exit(0)
        _, status = os.waitpid(child, 0)
        errors.seek(0)
        return {"status": os.waitstatus_to_exitcode(status), "stderr": errors.read().decode()}


def main(program):
    results = [run(program, **each) for each in json.load(sys.stdin)]
    print(json.dumps(results))


if __name__ == "__main__":
    main(sys.argv[1])

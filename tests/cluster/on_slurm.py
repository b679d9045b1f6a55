#!/usr/bin/env python3
"""The same notebook on threads and on Slurm: two nodes, a step that is killed, a node that dies.

    python3 on_slurm.py --caviar target/debug/caviar

Ends with 0, with 77 when something is not installed or not permitted here, or with an error.
"""

import argparse
import os
import re
import tempfile

from clusters import Slurm, isolate, kill, processes, say, skip, wait
from project import Project, only_the_rest

LIMIT = 500


def main():
    """All scenes, on one cluster."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--caviar", required=True)
    options = parser.parse_args()
    missing = Slurm.missing()
    if missing:
        skip(f"not installed: {', '.join(missing)} (packages slurmctld, slurmd, slurm-client, munge)")
    isolate(LIMIT)
    with tempfile.TemporaryDirectory() as top:
        project = Project(os.path.abspath(options.caviar), os.path.join(top, "project"), epochs=30)
        project.run()
        expected, (runs, _) = project.lock(), project.stored()
        say("trained on threads")
        with Slurm() as slurm:
            scenes(project, slurm, expected, runs)


def scenes(project, slurm, expected, runs):
    """What must be true of any cluster."""
    on = ["--on=slurm", "--nodes=2"]

    def same(what):
        assert project.lock() == expected, f"{what}: another lock than that of the run on threads"
        every, different = project.stored()
        assert every == different, f"{what}: {every - different} runs are stored twice"
        say(f"{what}: the same lock")

    def begin(stored):
        project.forget()
        running = project.start(*on, env=slurm.env)
        wait("a few runs are stored", 60, lambda: project.stored()[0] >= stored)
        return running

    def working(node, words):
        """The processes of caviar on a node whose command line has these words."""
        return [pid for pid in slurm.of(node) if words in processes().get(pid, (0, ""))[1]]

    project.forget()
    project.run(*on, env=slurm.env)
    same("two nodes")

    running = begin(6)
    kill(wait("a step on n2", 30, lambda: working("n2", "caviar trial")))
    said = running.end()
    same("a step killed")
    assert re.search(r"attempt 1 lost: .*\bn2\b", said), f"no attempt was lost on n2:\n{said}"

    running = begin(12)
    kill(wait("the head", 10, lambda: working("n1", "caviar run")))
    running.end(code=3)
    before = project.stored()[0]
    said = project.run(*on, env=slurm.env)
    same(f"the head killed with {before} runs stored, and started again")
    only_the_rest(said, before, runs)

    running = begin(6)
    wait("a step on n2", 30, lambda: working("n2", "caviar trial"))
    slurm.kill("n2")
    said = running.end()
    same("a node killed")
    assert re.search(r"attempt 1 lost: .*\bn2\b", said), f"no attempt was lost on n2:\n{said}"


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""The same notebook on threads and on Slurm: two nodes, a step that is killed, a head that is, a node of each.

    python3 on_slurm.py --caviar target/debug/caviar

`--only WORD` plays only the scenes whose names have the word. Ends with 0, with 77 when something is not installed or not permitted
here, or with an error.
"""

import argparse
import os
import tempfile

from clusters import Slurm, freeze, isolate, kill, processes, skip, wait
from project import Project

LIMIT = 1500
ON = ["--on=slurm", "--nodes=2"]
# A node that is killed may have just done its work, and then nothing is lost: so often it is tried.
TRIES = 5


def main():
    """All scenes, on one cluster."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--caviar", required=True)
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    missing = Slurm.missing()
    if missing:
        skip(f"not installed: {', '.join(missing)} (packages slurmctld, slurmd, slurm-client, munge)")
    isolate(LIMIT)
    with tempfile.TemporaryDirectory() as top:
        project = Project(os.path.abspath(options.caviar), os.path.join(top, "project"), epochs=30)
        project.expect()
        with Slurm() as slurm:
            for scene in [two_nodes, step_killed, head_killed, node_killed, node_of_the_head_killed]:
                if options.only in scene.__name__:
                    scene(project, slurm)


def at_work(slurm, node, words):
    """The processes of caviar on a node whose command line has these words."""
    return [pid for pid in slurm.of(node) if words in processes().get(pid, (0, ""))[1]]


def seen(slurm, running, node, words):
    """Such processes, waited for."""

    def found():
        assert not running.is_over(), f"it ended before `{words}` was seen on {node}:\n{running.said()}"
        return at_work(slurm, node, words)

    return wait(f"`{words}` on {node}", found)


def two_nodes(project, slurm):
    """Nothing dies; then all is stored, and no job is asked for."""
    project.forget()
    assert "Slurm job" in project.run(*ON, env=slurm.env)
    project.same("two nodes")
    said = project.run(*ON, env=slurm.env)
    assert "Slurm job" not in said and "all stored" in said, said


def step_killed(project, slurm):
    """Steps are killed until one is lost with its trial: one that had just done it loses nothing."""
    running = project.begin(*ON, env=slurm.env, stored=6)

    def loses_one():
        kill(at_work(slurm, "n2", "caviar trial"))
        return running.lost("n2") or running.is_over()

    wait("a trial is lost", loses_one)
    said = running.end()
    project.same("a step killed")
    assert running.lost("n2"), f"no attempt was lost on n2:\n{said}"


def head_killed(project, slurm):
    """The job ends, and the next one goes on."""
    running = project.begin(*ON, env=slurm.env, stored=12)
    kill(seen(slurm, running, "n1", "caviar run"))
    running.end(code=3)
    project.go_on(*ON, env=slurm.env, what="the head killed")


def node_killed(project, slurm):
    """What it was at is done by the other."""
    for _ in range(TRIES):
        running = project.begin(*ON, env=slurm.env, stored=6)
        freeze(seen(slurm, running, "n2", "caviar trial"))
        slurm.kill("n2")
        said = running.end()
        project.same("a node killed")
        slurm.add("n2")
        if running.lost("n2"):
            return
    raise AssertionError(f"no attempt was lost on n2:\n{said}")


def node_of_the_head_killed(project, slurm):
    """The job is ended, since nobody is left to end it, and the next one goes on."""
    running = project.begin(*ON, env=slurm.env, stored=12)
    slurm.kill("n1")
    said = running.end(code=3)
    assert "node n1, on which the head ran, failed" in said and "type the same command again" in said, said
    wait("the job is gone", lambda: not slurm.ask("squeue", "-h"))
    slurm.add("n1")
    project.go_on(*ON, env=slurm.env, what="the node of the head killed")


if __name__ == "__main__":
    main()

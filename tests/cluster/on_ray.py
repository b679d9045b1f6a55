#!/usr/bin/env python3
"""The same notebook on threads and on Ray: one node, two nodes, a node that dies, a head that dies.

    python3 on_ray.py --caviar target/debug/caviar --python target/ray-venv/bin/python

Ends with 0, with 77 when something is not installed or not permitted here, or with an error.
"""

import argparse
import os
import re
import subprocess
import tempfile

from clusters import NODES, Ray, isolate, kill, say, skip, tree, wait
from project import Project, only_the_rest

LIMIT = 500


def main():
    """All scenes, on one cluster."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--caviar", required=True)
    parser.add_argument("--python", required=True)
    options = parser.parse_args()
    caviar, python = os.path.abspath(options.caviar), os.path.abspath(options.python)
    try:
        tried = subprocess.run([python, "-c", "import ray"], capture_output=True, timeout=60)
    except FileNotFoundError:
        tried = None
    if tried is None or tried.returncode != 0:
        skip(f"{options.python} has no ray")
    isolate(LIMIT)
    with tempfile.TemporaryDirectory() as top:
        project = Project(caviar, os.path.join(top, "project"), epochs=30)
        project.run()
        expected, (runs, _) = project.lock(), project.stored()
        say("trained on threads")
        # Workers see neither the project nor the program: both come through the cluster.
        with Ray(python, hidden=[project.folder, os.path.dirname(caviar)]) as ray:
            scenes(project, ray, expected, runs)


def scenes(project, ray, expected, runs):
    """What must be true of any cluster."""
    on = f"--on=ray={ray.address}"

    def same(what):
        assert project.lock() == expected, f"{what}: another lock than that of the run on threads"
        every, different = project.stored()
        assert every == different, f"{what}: {every - different} runs are stored twice"
        say(f"{what}: the same lock")

    ray.add("n1")
    project.forget()
    project.run(on, env=ray.env)
    same("one node")
    cache = ray.path("home-n1/.cache/caviar")
    programs, files = os.listdir(os.path.join(cache, "bin")), [name for name in os.listdir(cache) if len(name) == 64]
    assert len(programs) == len(files) == 1, f"not the program and the file of data once each: {programs} {files}"

    ray.add("n2")
    project.forget()
    under_way = project.start(on, env=ray.env)
    wait("a few runs are stored", 60, lambda: project.stored()[0] >= 6)
    ray.kill("n2")
    before = project.stored()[0]
    said = under_way.end()
    same(f"two nodes, one killed with {before} runs stored")
    assert re.search(rf"attempt 1 lost: .*{re.escape(NODES['n2'])}", said), f"no attempt was lost on n2:\n{said}"

    ray.add("n2")
    project.forget()
    under_way = project.start(on, env=ray.env)
    wait("a few runs are stored", 60, lambda: project.stored()[0] >= 12)
    kill(tree(under_way.child.pid))
    before = project.stored()[0]
    said = project.run(on, env=ray.env)
    same(f"the head killed with {before} runs stored, and started again")
    only_the_rest(said, before, runs)

    stranger = dict(ray.env, RAY_AUTH_TOKEN="0" * 64)
    project.forget()
    said = project.run(on, env=stranger, code=3)
    assert "token" in said, said
    assert project.stored()[0] == 0
    say("without the cluster's token nothing runs")


if __name__ == "__main__":
    main()

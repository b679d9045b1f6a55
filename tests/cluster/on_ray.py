#!/usr/bin/env python3
"""The same notebook on threads and on Ray: one node, two nodes, a node that dies, a head that dies, a cluster that does.

    python3 on_ray.py --caviar target/debug/caviar --python target/ray-venv/bin/python

`--only WORD` plays only the scenes whose names have the word. Ends with 0, with 77 when something is not installed or not permitted
here, or with an error.
"""

import argparse
import os
import subprocess
import tempfile

from clusters import NODES, Ray, freeze, isolate, kill, processes, say, skip, tree, wait
from project import Project

LIMIT = 1500
# A node that is killed may have just done its work, and then nothing is lost: so often it is tried.
TRIES = 5


def main():
    """All scenes, on one cluster."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--caviar", required=True)
    parser.add_argument("--python", required=True)
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    caviar, python = os.path.abspath(options.caviar), os.path.abspath(options.python)
    try:
        tried = subprocess.run([python, "-c", "import ray"], capture_output=True)
    except FileNotFoundError:
        tried = None
    if tried is None or tried.returncode != 0:
        skip(f"{options.python} has no ray")
    isolate(LIMIT)
    with tempfile.TemporaryDirectory() as top:
        project = Project(caviar, os.path.join(top, "project"), epochs=30)
        project.expect()
        # Workers see neither the project nor the program: both come through the cluster.
        with Ray(python, hidden=[project.folder, os.path.dirname(caviar)]) as ray:
            for scene in [one_node, node_killed, head_killed, other_token, cluster_killed]:
                if options.only in scene.__name__:
                    scene(project, ray, f"--on=ray={ray.address}")


def one_node(project, ray, on):
    """The program and the data come to a node that has neither."""
    ray.need("n1")
    project.forget()
    project.run(on, env=ray.env)
    project.same("one node")
    cache = ray.path("home-n1/.cache/caviar")
    programs, files = os.listdir(os.path.join(cache, "bin")), [name for name in os.listdir(cache) if len(name) == 64]
    assert len(programs) == len(files) == 1, f"not the program and the file of data once each: {programs} {files}"


def node_killed(project, ray, on):
    """What it was at is done by the other."""
    for _ in range(TRIES):
        ray.need("n1", "n2")
        running = project.begin(on, env=ray.env, stored=6)
        freeze(at_work(ray, running, "n2"))
        # Whatever it has not told by now it never will.
        stored, looks = project.stored()[0], iter(range(40))
        wait("the other goes on, or waits for it", lambda: project.stored()[0] >= stored + 2 or next(looks, None) is None)
        ray.kill("n2")
        said = running.end()
        project.same(f"two nodes, one killed with {stored} runs stored")
        if running.lost(NODES["n2"]):
            return
    raise AssertionError(f"no attempt was lost on n2:\n{said}")


def at_work(ray, running, node):
    """The processes of caviar on a node, waited for."""

    def found():
        assert not running.is_over(), f"it ended before {node} had any work:\n{running.said()}"
        return [pid for pid in tree(ray.workers[node].pid) if "trial --bundle" in processes().get(pid, (0, ""))[1]]

    return wait(f"caviar works on {node}", found)


def head_killed(project, ray, on):
    """The next run goes on."""
    ray.need("n1", "n2")
    running = project.begin(on, env=ray.env, stored=12)
    kill(tree(running.child.pid))
    project.go_on(on, env=ray.env, what="the head killed")


def other_token(project, ray, on):
    """Without the cluster's token nothing runs."""
    stranger = dict(ray.env, RAY_AUTH_TOKEN="0" * 64)
    project.forget()
    said = project.run(on, env=stranger, code=3)
    assert "token" in said, said
    assert project.stored()[0] == 0
    say("without the cluster's token nothing runs")


def cluster_killed(project, ray, on):
    """What holds the cluster together is gone, first its one process, then all of its node: the run ends and says what to do."""
    # Ray itself waits for 60 s before it ends who cannot reach it.
    impatient = dict(ray.env, RAY_gcs_rpc_server_reconnect_timeout_s="5")

    def lost(running, how):
        # Else they might do all the rest first.
        for node in ray.workers:
            freeze(at_work(ray, running, node))
        how()
        said = running.end(code=3)
        assert "the connection to the Ray cluster is lost" in said and "type the same command again" in said, said
        ray.start_anew()
        ray.need("n1")

    ray.need("n1", "n2")
    lost(project.begin(on, env=impatient, stored=8), ray.kill_store)
    before = project.stored()[0]
    running = project.start(on, env=impatient)
    wait("a few more runs are stored", lambda: running.is_over() or project.stored()[0] >= before + 4)
    lost(running, ray.kill_head)
    project.go_on(on, env=ray.env, what="the cluster killed twice")


if __name__ == "__main__":
    main()

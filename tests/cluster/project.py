"""The notebook that every cluster trains, and what is compared."""

import json
import os
import re
import shutil
import subprocess

from clusters import PATIENCE, kill, say, tree, wait

NOTEBOOK = """
data table { source = csv("table.csv", target = colour), split = [60%, 20%, 20%], normalize = zscore }
data built_in { source = moons(points = 1500, noise = 0.2), split = [60%, 20%, 20%] }

let width = int(16, 96)
network mlp { dense(width) -> relu -> dense(64) -> relu -> dense(classes) -> softmax }

experiment adaptive {
  data = table, network = mlp, optimizer = adam(rate = log(1e-4, 0.3))
  epochs = EPOCHS, search = tpe(trials = 28), lag = 4
}

experiment rungs {
  data = built_in, network = mlp, optimizer = sgd(rate = log(1e-3, 1))
  epochs = EPOCHS, search = random(trials = 12), prune = halving(factor = 2, from = 10)
}
"""


def table():
    """Three colours in a plane that are hard enough to tell apart, the same numbers every time."""
    state, lines = 1, ["x,y,colour"]
    for i in range(1500):
        drawn = []
        for _ in range(4):
            state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
            drawn.append(state / 2**64)
        colour = i % 3
        x, y = colour + drawn[0] * drawn[1] * 2, colour * (2 - colour) + drawn[2] + drawn[3]
        lines.append(f"{x:.4f},{y:.4f},{['red', 'green', 'blue'][colour]}")
    return "\n".join(lines) + "\n"


class Project:
    """A folder with the notebook, in which the program is run."""

    def __init__(self, caviar, folder, epochs):
        self.caviar, self.folder, self.epochs = caviar, folder, epochs
        os.makedirs(folder)
        self.write("table.csv", table())
        self.write("a.exp", NOTEBOOK.replace("EPOCHS", str(epochs)))

    def write(self, name, text):
        """Write a file in it."""
        with open(os.path.join(self.folder, name), "w") as file:
            file.write(text)

    def forget(self):
        """Take out all results."""
        shutil.rmtree(os.path.join(self.folder, ".caviar"), ignore_errors=True)
        shutil.rmtree(os.path.join(self.folder, "a.out"), ignore_errors=True)
        if os.path.exists(self.lock_path):
            os.remove(self.lock_path)

    @property
    def lock_path(self):
        return os.path.join(self.folder, "a.lock")

    def lock(self):
        """The bytes of the lock."""
        with open(self.lock_path, "rb") as file:
            return file.read()

    def expect(self):
        """Train on threads; what comes of it is what must come of all others."""
        self.run()
        self.expected, (self.runs, _) = self.lock(), self.stored()
        say("trained on threads")

    def same(self, what):
        """The lock is that of the run on threads, and nothing is stored twice."""
        assert self.lock() == self.expected, f"{what}: another lock than that of the run on threads"
        every, different = self.stored()
        assert every == different, f"{what}: {every - different} runs are stored twice"
        say(f"{what}: the same lock")

    def begin(self, *args, env=None, stored):
        """Start from nothing, and come back when so many runs are stored."""
        self.forget()
        running = self.start(*args, env=env)
        wait("a few runs are stored", lambda: running.is_over() or self.stored()[0] >= stored)
        assert not running.is_over(), f"it ended before {stored} runs were stored:\n{running.said()}"
        return running

    def go_on(self, *args, env=None, what):
        """Run what a run before this one did not come to: what that had not stored is trained, and nothing else."""
        before = self.stored()[0]
        said = self.run(*args, env=env)
        self.same(f"{what} with {before} runs stored, and started again")
        trained = len(re.findall(r"^\w+ trial \d+( to epoch \d+)? \(", said, re.M))
        assert 0 < trained == self.runs - before, (
            f"{trained} runs were trained where {before} of {self.runs} were stored:\n{said}"
        )

    def start(self, *args, env=None):
        """Start the program and do not wait for it."""
        return Running(self, [self.caviar, "run", "a.exp", *args], env)

    def run(self, *args, env=None, code=0, limit=PATIENCE):
        """Run the program to its end."""
        return self.start(*args, env=env).end(code, limit)

    def stored(self):
        """How many runs the store holds, and how many different ones."""
        keys, folder = [], os.path.join(self.folder, ".caviar/runs")
        for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
            if name.endswith(".log"):
                with open(os.path.join(folder, name), "rb") as file:
                    content = file.read()
                # A frame: 7 bytes of magic, 2 of what it is, its length, 32 of its key, 4 that check these; what is in it; 16 that check all.
                for begin in (found.start() for found in re.finditer(rb"\xca\x71\xa2frm\n", content)):
                    size = 49 + int.from_bytes(content[begin + 9 : begin + 13], "little") + 16
                    if begin + size <= len(content):
                        keys.append(content[begin + 13 : begin + 45])
        return len(keys), len(set(keys))


class Running:
    """The program under way, its output in files."""

    def __init__(self, project, command, env):
        self.out = os.path.join(project.folder, "stdout")
        self.err = os.path.join(project.folder, "stderr")
        self.command = command
        env = {k: v for k, v in (env or os.environ).items() if k not in ("CI", "CAVIAR_SIMD")}
        with open(self.out, "wb") as out, open(self.err, "wb") as err:
            self.child = subprocess.Popen(
                command, cwd=project.folder, stdin=subprocess.DEVNULL, stdout=out, stderr=err, env=env
            )

    def is_over(self):
        """Whether it has ended."""
        return self.child.poll() is not None

    def lost(self, node):
        """Whether it has said that a worker was lost on this node."""
        return re.search(rf"attempt 1 lost: .*\b{re.escape(node)}\b", self.said())

    def said(self):
        """All of its output so far."""
        with open(self.out, errors="replace") as out, open(self.err, errors="replace") as err:
            return out.read() + err.read()

    def end(self, code=0, limit=PATIENCE):
        """Wait for it, and hold its exit code against what is expected."""
        try:
            ended = self.child.wait(limit)
        except subprocess.TimeoutExpired:
            kill(tree(self.child.pid))
            raise AssertionError(f"{' '.join(self.command)}: not within {limit} s\n{self.said()}") from None
        said = self.said()
        assert ended == code, f"{' '.join(self.command)} ended with {ended}, not {code}:\n{said}"
        return said

    def lines(self):
        """Its output as JSON lines."""
        with open(self.out) as out:
            return [json.loads(line) for line in out if line.startswith("{")]

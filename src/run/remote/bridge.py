"""Between caviar and a Ray cluster: bundles of tasks come in as lines of JSON, and what workers write goes out as such lines.

Runs with the user's Python and needs nothing but Ray. Workers need nothing of this file: the functions below `work` are sent to them.
"""

import sys

# A folder of experiments may have files named as modules are.
sys.path = [entry for entry in sys.path if entry]

import json
import os
import queue
import socket
import threading
import time

OLDEST = (2, 10)
CHUNK = 64 << 20
# Seconds between looks at the size of the cluster, and until a cancelled bundle is ended by force.
LOOK = 2.0
FORCE = 5.0
# Seconds that caviar may take to end.
LEAVE = 3.0
# Seconds that a cluster may take to answer.
PATIENCE = 60.0
# Seconds for which lines are gathered.
GATHER = 0.05


def cache_folder():
    """A folder of this user on this node."""
    import os
    import tempfile

    home = os.path.expanduser("~")
    caches = os.environ.get("XDG_CACHE_HOME") or (os.path.join(home, ".cache") if home != "~" else None)
    own = "caviar-%d" % os.getuid()
    for folder in [caches and os.path.join(caches, "caviar"), os.path.join(tempfile.gettempdir(), own)]:
        try:
            os.makedirs(os.path.join(folder, "bin"), mode=0o700, exist_ok=True)
            if os.access(folder, os.W_OK):
                return folder
        except (OSError, TypeError):
            pass
    raise OSError("no folder can be written to for files of caviar on this node")


def fetch(item, path, mode):
    """Bring the bytes of a file to this node, unless they are here. A part is never seen under the name of the whole."""
    import os
    import ray

    if os.path.exists(path) and os.path.getsize(path) == item["size"]:
        return
    part = "%s.part-%d-%d" % (path, os.getpid(), threading.get_ident())
    try:
        with open(part, "wb") as file:
            for chunk in item["chunks"]:
                file.write(ray.get(chunk))
        os.chmod(part, mode)
        os.replace(part, path)
    finally:
        if os.path.exists(part):
            os.unlink(part)


def is_here(item):
    """Whether a file is on a disk that this node shares. What is in it is compared when it is read."""
    import os

    try:
        found = os.stat(item["path"])
    except OSError:
        return False
    return found.st_size == item["size"] and found.st_mtime_ns == item["mtime"]


# A worker of Ray does many bundles, and its process of caviar with the data that it has read is kept from one to the next.
KEPT = {}


def process(program, cache, cpus):
    import errno
    import os
    import subprocess
    import tempfile
    import time

    kept = KEPT.get((program, cpus))
    if kept and kept[0].poll() is None:
        return kept
    command = [program, "trial", "--bundle", "--attached", "--threads", str(cpus), "--data-cache", cache]
    errors = tempfile.TemporaryFile()
    for last in (False, False, True):
        try:
            child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, bufsize=0)
            break
        except OSError as error:
            # Another process that has just been forked may still have the file open for writing.
            if last or error.errno != errno.ETXTBSY:
                raise
            time.sleep(0.2)
    os.set_blocking(child.stdout.fileno(), False)
    KEPT[(program, cpus)] = (child, errors)
    return child, errors


def end(child):
    """End caviar by closing its input, so that it ends what it has started."""
    import subprocess

    child.stdin.close()
    try:
        child.wait(LEAVE)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def last_words(errors):
    errors.seek(0, 2)
    errors.seek(max(0, errors.tell() - 2000))
    return errors.read().decode("utf-8", "replace").strip()


def work(binary, files, lines, cpus):
    """A bundle done on a node: first the node's address, then lists of lines, and where it went wrong a dictionary that says how."""
    import os
    import select
    import time

    import ray

    yield ray.util.get_node_ip_address()
    child = None
    try:
        cache = cache_folder()
        program = os.path.join(cache, "bin", "caviar-" + binary["hash"][:32])
        fetch(binary, program, 0o755)
        for item in files:
            if not is_here(item):
                fetch(item, os.path.join(cache, item["hash"]), 0o644)
        child, errors = process(program, cache, cpus)
        child.stdin.write(("\n".join(lines) + "\n").encode())
        output = child.stdout.fileno()
        due, refused, rest, batch, since = len(lines), False, b"", [], 0.0
        while due > 0:
            # Never for long in one call, so that a cancellation is heard.
            if not select.select([output], [], [], GATHER if batch else 0.5)[0]:
                data = None
            else:
                data = os.read(output, 1 << 20)
            if data == b"":
                if batch:
                    yield batch
                code = child.wait()
                child = None
                KEPT.clear()
                yield {"why": "caviar ended with code %d: %s" % (code, last_words(errors))}
                return
            if data:
                *whole, rest = (rest + data).split(b"\n")
                for line in whole:
                    # The kind stands before anything long.
                    start = line[:160]
                    refused = refused or b'"kind":"refused"' in start
                    due -= any(b'"kind":"%s"' % kind in start for kind in (b"run", b"failed", b"refused"))
                    if not batch:
                        since = time.monotonic()
                    batch.append(line.decode("utf-8", "replace"))
            if batch and (due <= 0 or time.monotonic() - since >= GATHER):
                yield batch
                batch = []
        if not refused:
            # It goes on with the next bundle; one that lacked something would lack it again.
            child = None
    except Exception as error:
        yield {"why": "%s: %s" % (type(error).__name__, error)}
    finally:
        if child is not None:
            KEPT.clear()
            end(child)


class Bridge:
    def __init__(self, commands, events):
        self.commands = commands
        self.events = events
        self.lock = threading.Lock()
        self.queue = queue.Queue()
        self.flights = {}
        self.why = {}
        self.cancelled = {}
        self.files = {}
        self.size = None

    def say(self, event, **fields):
        fields["event"] = event
        with self.lock:
            self.events.write(json.dumps(fields) + "\n")
            self.events.flush()

    def broken(self, why):
        self.say("broken", why=why)
        os._exit(1)

    def connect(self, start):
        try:
            import ray
        except ImportError:
            self.broken(
                "%s has no module `ray`: type `%s -m pip install ray`, or name another Python in CAVIAR_PYTHON"
                % (sys.executable, sys.executable)
            )
        self.ray = ray
        version = tuple(int("".join(c for c in part if c.isdigit()) or 0) for part in ray.__version__.split(".")[:2])
        if version < OLDEST:
            self.broken(
                "Ray %s is too old, %d.%d or newer is needed: type `%s -m pip install -U ray` on every node"
                % ((ray.__version__,) + OLDEST + (sys.executable,))
            )
        address = start["address"]
        if address and address.startswith("ray://"):
            self.broken(
                "%s is an address of Ray Client, which does not give results as they come: run caviar on a node of the cluster, "
                "with `--on ray` or `--on ray=HOST:6379`" % address
            )
        named = address or "auto"
        self.knock(address)
        late = "no answer from the Ray cluster at %s within %d s: is it running, and does its port let this machine in?"
        watchdog = threading.Timer(PATIENCE, self.broken, [late % (named, PATIENCE)])
        watchdog.daemon = True
        watchdog.start()
        try:
            ray.init(address=named, log_to_driver=False, logging_level="WARNING", namespace="caviar")
        except BaseException as error:
            self.broken(self.explain(error, address, start["log"]))
        watchdog.cancel()
        binary = self.put(start["binary"])
        remote = ray.remote(work)
        self.work = lambda files, lines, cpus: remote.options(
            num_cpus=cpus, max_retries=0, num_returns="streaming", name="caviar"
        ).remote(binary, files, lines, cpus)
        nodes, cpus = self.measure()
        python = "%d.%d.%d" % sys.version_info[:3]
        where = ray.get_runtime_context().gcs_address
        self.say("ready", ray=ray.__version__, python=python, nodes=nodes, cpus=cpus, address=where)

    def knock(self, address):
        """Ray tries an address at which nothing listens for a long time."""
        host, _, port = (address or "").rpartition(":")
        if host and port.isdigit():
            try:
                socket.create_connection((host.strip("[]"), int(port)), 10).close()
            except OSError as error:
                self.broken("nothing answers at %s (%s): is a Ray cluster running there?" % (address, error))

    def explain(self, error, address, log):
        text = str(error).strip()
        # Some reasons are only printed.
        with open(log, errors="replace") as file:
            low = text.lower() + file.read().lower()
        if "version mismatch" in low:
            return "%s\ninstall the cluster's versions of Ray and Python here, and name that Python in CAVIAR_PYTHON" % text
        if "token" in low or "unauthenticated" in low:
            return "%s\nthe cluster asks for a token: set RAY_AUTH_MODE=token and give its token as RAY_AUTH_TOKEN or in ~/.ray/auth_token" % text
        if isinstance(error, ConnectionError) and not address:
            return (
                "there is no Ray cluster here (%s): start one with `ray start --head`, join one with `ray start --address=HOST:6379`, "
                "or give the address of one that this machine is part of with `--on ray=HOST:6379`" % text
            )
        if isinstance(error, (ConnectionError, RuntimeError)) and address:
            return (
                "cannot join the Ray cluster at %s (%s): caviar must run on a node of it, so type `ray start --address=%s` here first"
                % (address, text, address)
            )
        return "cannot connect to Ray: %s: %s" % (type(error).__name__, text)

    def put(self, item):
        chunks = []
        with open(item["path"], "rb") as file:
            mtime = os.fstat(file.fileno()).st_mtime_ns
            while True:
                chunk = file.read(CHUNK)
                if not chunk and chunks:
                    break
                chunks.append(self.ray.put(chunk))
                if len(chunk) < CHUNK:
                    break
        return dict(item, chunks=chunks, mtime=mtime)

    def measure(self):
        nodes = [node for node in self.ray.nodes() if node["Alive"]]
        cpus = sum(node["Resources"].get("CPU", 0) for node in nodes)
        return len(nodes), int(cpus)

    def start(self, command):
        number = command["id"]
        try:
            files = []
            for item in command["files"]:
                name = item["hash"]
                if name not in self.files:
                    self.files[name] = self.put(item)
                files.append(self.files[name])
            self.flights[number] = self.work(files, command["lines"], command["cpus"])
        except Exception as error:
            self.say("ended", id=number, why="%s: %s" % (type(error).__name__, error))

    def cancel(self, number, force=False):
        flight = self.flights.get(number)
        if flight is None:
            return
        self.cancelled[number] = time.monotonic()
        try:
            self.ray.cancel(flight, force=force)
        except Exception as error:
            self.ended(number, "%s: %s" % (type(error).__name__, error))

    def ended(self, number, why):
        self.flights.pop(number, None)
        self.cancelled.pop(number, None)
        self.say("ended", id=number, why=self.why.pop(number, None) or why)

    def take(self, number):
        try:
            item = self.ray.get(next(self.flights[number]))
        except StopIteration:
            return self.ended(number, "")
        except Exception as error:
            lines = [line.strip() for line in str(error).splitlines() if line.strip()]
            return self.ended(number, "%s: %s" % (type(error).__name__, " ".join(lines[:2])[:500]))
        if isinstance(item, str):
            self.say("at", id=number, node=item)
        elif isinstance(item, dict):
            self.why[number] = item["why"]
        else:
            self.say("lines", id=number, lines=item)

    def listen(self):
        for line in self.commands:
            self.queue.put(json.loads(line))
        self.queue.put(None)

    def serve(self):
        threading.Thread(target=self.listen, daemon=True).start()
        looked = time.monotonic()
        while True:
            wait = not self.flights
            while True:
                try:
                    command = self.queue.get(wait, 0.5)
                except queue.Empty:
                    break
                wait = False
                if command is None:
                    return
                if command["op"] == "bundle":
                    self.start(command)
                elif command["op"] == "cancel":
                    self.cancel(command["id"])
            if self.flights:
                numbers = {id(flight): number for number, flight in self.flights.items()}
                flights = list(self.flights.values())
                ready, _ = self.ray.wait(flights, num_returns=1, timeout=0.02)
                if ready and len(flights) > 1:
                    ready, _ = self.ray.wait(flights, num_returns=len(flights), timeout=0)
                for flight in ready:
                    self.take(numbers[id(flight)])
            now = time.monotonic()
            for number in [number for number, when in self.cancelled.items() if now - when > FORCE]:
                self.cancel(number, force=True)
            if now - looked > LOOK:
                looked = now
                size = self.measure()
                if size != self.size:
                    self.size = size
                    self.say("size", nodes=size[0], cpus=size[1])


def main():
    # What Ray and others print goes to the log; the lines have descriptors of their own, which no child inherits.
    commands = os.fdopen(os.dup(0), "r", encoding="utf-8")
    events = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    bridge = Bridge(commands, events)
    bridge.connect(json.loads(commands.readline()))
    try:
        bridge.serve()
    except Exception as error:
        bridge.broken(
            "the connection to the Ray cluster is lost (%s: %s): finished trials are stored; "
            "when a cluster is up again, type the same command again" % (type(error).__name__, error)
        )
    try:
        bridge.ray.shutdown()
    finally:
        os._exit(0)


if __name__ == "__main__":
    main()

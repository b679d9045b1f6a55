"""Ray and Slurm clusters of one machine, on loopback addresses, in namespaces of their own.

`isolate()` runs the calling script again in network, process and mount namespaces that it alone uses: sockets that listen on all
addresses are seen by nobody else, and when the script ends, however it ends, the kernel kills whatever it left running.
"""

import fcntl
import os
import re
import secrets
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

SKIPPED = 77
# Seconds after which something is taken to hang: far more than anything takes, also on a slow machine with other work.
PATIENCE = 240
NODES = {"n1": "127.0.0.2", "n2": "127.0.0.3"}
HEAD = "127.0.0.1"
# In the environment of what runs for a node of Slurm.
NODE = "CLUSTER_NODE"
STARTED = time.monotonic()


def skip(why):
    """End the script because something is not installed or not permitted here."""
    print(f"SKIPPED: {why}", flush=True)
    sys.exit(SKIPPED)


def say(text):
    """A line of progress."""
    print(f"{time.monotonic() - STARTED:6.1f} s  {text}", flush=True)


def isolate(limit):
    """Go on in namespaces of our own, for at most `limit` seconds."""
    own = ["unshare", "--net", "--mount", "--pid", "--uts", "--fork", "--kill-child=KILL", "--mount-proc"]
    if os.environ.get("CLUSTER_ISOLATED") == "1":
        loopback_up()
        return
    try:
        tried = subprocess.run([*own, "true"], capture_output=True, text=True, timeout=20)
    except FileNotFoundError:
        skip("there is no `unshare` (util-linux)")
    if tried.returncode != 0:
        skip(f"namespaces are not permitted here: {tried.stderr.strip()}")
    os.environ["CLUSTER_ISOLATED"] = "1"
    # The shell is the first process, and so takes in what others leave behind.
    command = ["timeout", "--signal=KILL", str(limit), *own, "sh", "-c", '"$@"; exit $?', "sh", sys.executable, "-u", *sys.argv]
    os.execvp(command[0], command)


def loopback_up():
    """Bring up the loopback device of a new network namespace, with the addresses of the nodes: a resolver that finds no address
    but 127.0.0.1 takes the machine for one without a network."""
    get_flags, set_flags, set_address, up = 0x8913, 0x8914, 0x8916, 0x1
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        request = struct.pack("16sh14x", b"lo", 0)
        flags = struct.unpack("16sh14x", fcntl.ioctl(asked, get_flags, request))[1]
        fcntl.ioctl(asked, set_flags, struct.pack("16sh14x", b"lo", flags | up))
        for name, address in NODES.items():
            alias = f"lo:{name}".encode()
            fcntl.ioctl(
                asked, set_address, struct.pack("16sHH4s8x", alias, socket.AF_INET, 0, socket.inet_aton(address))
            )


def wait(what, condition, seconds=PATIENCE):
    """Wait until the condition gives something; a clear failure when it does not in time."""
    end = time.monotonic() + seconds
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > end:
            raise TimeoutError(f"{what}: not within {seconds} s")
        time.sleep(0.05)


def processes():
    """Parent and command line of every live process by its id."""
    found = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat") as file:
                state, parent = file.read().rpartition(")")[2].split()[:2]
            with open(f"/proc/{name}/cmdline") as file:
                line = file.read().replace("\0", " ").strip()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if state != "Z":
            found[int(name)] = (int(parent), line)
    return found


def tree(root):
    """A process and all that descend from it."""
    found, all_of_them = {root}, processes()
    while True:
        more = {pid for pid, (parent, _) in all_of_them.items() if parent in found} - found
        if not more:
            return found & set(all_of_them)
        found |= more


def kill(pids):
    """Kill processes by their ids and wait until they are gone."""
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    wait("killed processes end", lambda: not set(pids) & set(processes()))


def freeze(pids):
    """Stop processes where they are, so that what they are at does not end."""
    for pid in pids:
        try:
            os.kill(pid, signal.SIGSTOP)
        except ProcessLookupError:
            pass


def kill_tree(root):
    """Kill a process and all that descend from it, also what it starts meanwhile."""
    while pids := tree(root):
        kill(pids)


def listening(address, port):
    """Whether something takes connections there."""
    with socket.socket() as tried:
        tried.settimeout(1)
        return tried.connect_ex((address, port)) == 0


class Cluster:
    """A folder for a cluster's files, and its processes."""

    def __init__(self):
        # Short, since the paths of unix sockets below it may have 107 bytes only.
        self.folder = tempfile.mkdtemp(prefix="cl", dir="/tmp")
        os.chmod(self.folder, 0o755)
        self.children = []

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.__exit__(*sys.exc_info())
            raise
        return self

    def __exit__(self, kind, *_):
        for child in self.children:
            kill_tree(child.pid)
        if kind is not None and kind is not SystemExit:
            self.show_logs()
        shutil.rmtree(self.folder, ignore_errors=True)

    def path(self, name):
        """A path in the folder."""
        return os.path.join(self.folder, name)

    def run_behind(self, name, command, env=None):
        """Start a process whose output goes to a file."""
        with open(self.path(f"{name}.out"), "ab") as log:
            child = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=env, start_new_session=True
            )
        self.children.append(child)
        return child

    def output(self, name):
        """What such a process has said."""
        with open(self.path(f"{name}.out"), errors="replace") as log:
            return log.read()

    def show_logs(self):
        """The ends of all outputs, for someone who looks for the reason of a failure."""
        for name in sorted(os.listdir(self.folder)):
            if name.endswith((".out", ".log")):
                with open(self.path(name), errors="replace") as log:
                    said = [line for line in log if not re.search(r"\b(INFO|SUCC)\b|8\.8\.8\.8", line)]
                print(f"--- {name}\n" + "".join(said[-15:]), end="", flush=True)

    def ready(self, name, child, words):
        """Wait until a process says these words."""

        def said():
            if child.poll() is not None:
                raise RuntimeError(f"{name} ended with {child.returncode}:\n{self.output(name)}")
            return words in self.output(name)

        wait(f"{name} says `{words}`", said)


class Ray(Cluster):
    """A Ray head without slots, and workers of one slot. Workers do not see the folders in `hidden`."""

    port = 6379

    def __init__(self, python, hidden=()):
        super().__init__()
        self.binary = os.path.join(os.path.dirname(python), "ray")
        self.hidden = list(hidden)
        self.workers = {}
        with open(self.path("token"), "w") as file:
            file.write(secrets.token_hex(32))
        os.chmod(self.path("token"), 0o600)
        self.env = dict(
            os.environ,
            CAVIAR_PYTHON=python,
            RAY_AUTH_MODE="token",
            RAY_AUTH_TOKEN_PATH=self.path("token"),
            RAY_USAGE_STATS_ENABLED="0",
            RAY_OBJECT_STORE_ALLOW_SLOW_STORAGE="1",
            # Memory that others use on this machine is no reason to kill a worker.
            RAY_memory_monitor_refresh_ms="0",
        )

    @property
    def address(self):
        """Where the head is."""
        return f"{HEAD}:{self.port}"

    def start(self):
        """Start the head."""
        self.head = self.node("head", HEAD, ["--head", f"--port={self.port}", "--num-cpus=0", "--include-dashboard=false",
                                 f"--temp-dir={self.path('r')}"], self.env)
        say("the Ray head is up")

    def need(self, *names):
        """Have these workers, and wait until they have joined."""
        for name in names:
            if name not in self.workers:
                self.add(name)

    def add(self, name):
        """Start a worker and wait until it has joined."""
        home = self.path(f"home-{name}")
        os.makedirs(home, exist_ok=True)
        env = dict(self.env, HOME=home, XDG_CACHE_HOME=os.path.join(home, ".cache"))
        self.workers[name] = self.node(name, NODES[name], [f"--address={self.address}", "--num-cpus=1"], env)
        say(f"Ray worker {name} has joined")

    def node(self, name, address, options, env):
        command = [self.binary, "start", "--block", f"--node-ip-address={address}",
                   "--object-store-memory=100000000", *options]
        if name != "head" and self.hidden:
            covers = " && ".join('mount -t tmpfs none "$%d"' % (i + 1) for i in range(len(self.hidden)))
            shift = f"shift {len(self.hidden)}"
            command = ["unshare", "--mount", "sh", "-c", f'{covers} && {shift} && exec "$@"', "sh", *self.hidden, *command]
        if os.path.exists(self.path(f"{name}.out")):
            # What it is waited for to say must be said anew.
            os.rename(self.path(f"{name}.out"), self.path(f"{name}.before.log"))
        child = self.run_behind(name, command, env)
        self.ready(name, child, "Ray runtime started")
        return child

    def kill(self, name):
        """Kill all processes of a worker."""
        kill_tree(self.workers.pop(name).pid)

    def kill_store(self):
        """Kill the process without which the nodes know nothing of one another (Ray's GCS)."""
        kill([pid for pid in tree(self.head.pid) if "gcs_server" in processes().get(pid, (0, ""))[1]])

    def kill_head(self):
        """Kill all processes of the head."""
        kill_tree(self.head.pid)

    def start_anew(self):
        """A new cluster without workers in the place of this one."""
        for name in list(self.workers):
            self.kill(name)
        self.kill_head()
        self.start()


class Slurm(Cluster):
    """A controller and two nodes, which are this machine twice."""

    def __init__(self, cpus=1):
        super().__init__()
        self.cpus = cpus
        self.nodes = {}
        self.env = dict(os.environ, SLURM_CONF=self.path("slurm.conf"))

    @staticmethod
    def missing():
        """The programs that are not installed."""
        path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
        return [p for p in ("munged", "slurmctld", "slurmd", "srun", "sbatch") if not shutil.which(p, path=path)]

    def start(self):
        """Start munged, the controller and the nodes."""
        os.environ["PATH"] += ":/usr/sbin:/sbin"
        self.env["PATH"] = os.environ["PATH"]
        self.write_configuration()
        munged = self.run_behind("munged", [
            "munged", "--foreground", f"--key-file={self.path('munge/key')}", f"--socket={self.path('munge/socket')}",
            f"--pid-file={self.path('munge/pid')}", f"--log-file={self.path('munge/log')}",
            f"--seed-file={self.path('munge/seed')}",
        ])
        wait("munged makes its socket", lambda: munged.poll() is None and os.path.exists(self.path("munge/socket")))
        self.run_behind("slurmctld", ["slurmctld", "-D", "-f", self.path("slurm.conf")], self.env)
        wait("slurmctld listens", lambda: listening(HEAD, 6817))
        for name in NODES:
            self.add(name)

    def write_configuration(self):
        host = socket.gethostname()
        for name in ("munge", "state", "spool-n1", "spool-n2"):
            os.makedirs(self.path(name), mode=0o755)
        with open(self.path("munge/key"), "wb") as file:
            file.write(secrets.token_bytes(128))
        os.chmod(self.path("munge/key"), 0o600)
        settings = {
            "ClusterName": "loopback",
            "SlurmctldHost": f"{host}({HEAD})",
            "SlurmUser": "root",
            "AuthType": "auth/munge",
            "AuthInfo": f"socket={self.path('munge/socket')}",
            "StateSaveLocation": self.path("state"),
            "SlurmdSpoolDir": self.path("spool-%n"),
            "SlurmctldPidFile": self.path("slurmctld.pid"),
            "SlurmdPidFile": self.path("slurmd-%n.pid"),
            "SlurmctldLogFile": self.path("slurmctld.log"),
            "SlurmdLogFile": self.path("slurmd-%n.log"),
            "ProctrackType": "proctrack/linuxproc",
            "TaskPlugin": "task/none",
            "JobAcctGatherType": "jobacct_gather/none",
            "AccountingStorageType": "accounting_storage/none",
            "MpiDefault": "none",
            "SelectType": "select/cons_tres",
            "SelectTypeParameters": "CR_CPU",
            "ReturnToService": "2",
            "SlurmdParameters": "config_overrides",
            # A node that is slow is not down: `kill` says of the one that is.
            "SlurmdTimeout": "300",
            "MessageTimeout": "60",
            "KillWait": "2",
        }
        nodes = [
            f"NodeName={name} NodeHostname={host} NodeAddr={address} Port={6820 + i} CPUs={self.cpus} State=UNKNOWN"
            for i, (name, address) in enumerate(NODES.items(), 1)
        ]
        lines = [f"{key}={value}" for key, value in settings.items()] + nodes
        lines.append("PartitionName=all Nodes=n1,n2 Default=YES MaxTime=INFINITE State=UP")
        with open(self.path("slurm.conf"), "w") as file:
            file.write("\n".join(lines) + "\n")
        version = subprocess.run(["slurmd", "-V"], capture_output=True, text=True).stdout.split()[-1]
        # Before 23.02 there is no such setting, and without cgroup plugins nothing asks for cgroups.
        if tuple(map(int, version.split(".")[:2])) >= (23, 2):
            with open(self.path("cgroup.conf"), "w") as file:
                file.write("CgroupPlugin=disabled\n")

    def add(self, name):
        """Start a node and wait until work may go to it."""
        command = ["slurmd", "-D", "-N", name, "-f", self.path("slurm.conf")]
        self.nodes[name] = self.run_behind(f"slurmd-{name}", command, dict(self.env, **{NODE: name}))
        wait(f"Slurm node {name} is idle", lambda: self.state(name) == "idle")
        # Cores of a job that has lost a node may count as used until the controller counts anew.
        self.ask("scontrol", "reconfigure")
        say(f"Slurm node {name} is idle")

    def state(self, name):
        """What the controller says of a node."""
        return self.ask("sinfo", "-h", "-n", name, "-o", "%t")

    def of(self, name):
        """The processes that run on a node, with those that look after them."""
        found = set()
        for pid in processes():
            try:
                with open(f"/proc/{pid}/environ", "rb") as file:
                    there = {f"SLURMD_NODENAME={name}".encode(), f"{NODE}={name}".encode()} & set(file.read().split(b"\0"))
            except (FileNotFoundError, ProcessLookupError, PermissionError):
                continue
            if there:
                found.add(pid)
        return found

    def kill(self, name):
        """Kill all processes of a node, and tell the controller at once what it would find out after a while."""
        kill_tree(self.nodes.pop(name).pid)
        while pids := self.of(name):
            kill(pids)
        self.ask("scontrol", "update", f"nodename={name}", "state=down", "reason=killed")
        wait(f"Slurm node {name} is down", lambda: self.state(name).startswith("down"))

    def ask(self, *command):
        """What a program of Slurm says."""
        return subprocess.run(command, env=self.env, capture_output=True, text=True).stdout.strip()

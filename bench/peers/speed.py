"""Times this library beside its peers in Python, in turns, and prints tables for docs/results.md.

Usage: mvn -q -pl bench -am package -DskipTests && python bench/peers/speed.py TABLE [--rounds N]
Needs what bench/peers/speed_peer.py needs; --help lists the tables. For steps --peer djl, first
mvn -q -f bench/peers/djl dependency:copy-dependencies

One Java process (io.github.steelyard.bench.PeerRounds) and one Python process (speed_peer.py) live
through the whole measurement. Each is told by a line which case to run once and answers with its
seconds, or with what went wrong. A round runs ours, then the peer's, so that whatever else the
machine does meets both. Ratios are medians over the rounds of the quotient within a round.
"""

import argparse
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
CLASSPATH = "bench/target/classes:bench/target/lib/*"
WARM_UP = 3
PAUSE = 0.05  # seconds, in which the idle threads of whoever ran before stop spinning


class Side:
    """A process that runs the cases it is told."""

    def __init__(self, command, threads):
        # Settings of the shell would decide for one of the two only.
        environment = {name: value for name, value in os.environ.items()
                       if not name.startswith(("OMP_", "GOMP_", "MKL_", "OPENBLAS_", "KMP_"))}
        if threads:
            environment["OMP_NUM_THREADS"] = str(threads)
        self.process = subprocess.Popen(command, cwd=ROOT, env=environment, text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def run(self, case):
        """Runs a case once; the first time it prepares it as well, which is not measured."""
        time.sleep(PAUSE)
        self.process.stdin.write(" ".join(str(word) for word in case) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline().strip()
        try:
            return float(answer)
        except ValueError:
            sys.exit(f"{' '.join(map(str, case))}: {answer or 'the process ended'}")

    def close(self):
        self.process.stdin.close()
        self.process.wait()


class Pair:
    """Seconds of a case, ours and the peer's, round by round."""

    def __init__(self, threads, ours, peers):
        self.threads, self.ours, self.peers = threads, ours, peers

    def row(self, name, size=None, work=1, unit="ms"):
        """
        Medians (in ms, or work per second) and the ratio of speeds with its quartiles.

        NAME are the cells that say what was done, SIZE is one of several amounts of WORK of it.
        """
        both = [statistics.median(side) for side in (self.ours, self.peers)]
        values = [f"{each * 1e3:.4g}" if unit == "ms" else f"{work / each:,.0f}" for each in both]
        speeds = sorted(peer / our for our, peer in zip(self.ours, self.peers))
        low, middle, high = (speeds[round(share * (len(speeds) - 1))] for share in (.25, .5, .75))
        sizes = [] if size is None else [size]
        line(self.threads or "default", *name, *sizes, *values, f"{middle:.2f}",
             f"{low:.2f} to {high:.2f}")
        MEASURED.setdefault(tuple(name), {}).setdefault(work, {})[self.threads] = both


# Of what was done: by amount of work, by threads, the medians of ours and the peer's.
MEASURED = {}


def growth():
    """Where cost grows faster than work, and what the second thread is worth."""
    several = {name: works for name, works in MEASURED.items()
               if len(works) > 1 or any(len(threads) > 1 for threads in works.values())}
    if not several:
        return
    print("\nTimes: of the most work to that of the least, to the ratio of work (1: as much as work);"
          "\nof the fewest threads to that of the most, at the most work.\n")
    heading("what", "work", "threads", "cost to work, ours", "peer", "gain by threads, ours", "peer")
    for name, works in several.items():
        least, most = min(works), max(works)
        for threads in works[most]:
            grown = [f"{large / small * least / most:.2f}" for large, small in
                     zip(works[most][threads], works[least][threads])] if most > least else ["", ""]
            fewest = min(works[most], key=lambda each: each or 99)
            gains = [f"{one / more:.2f}" for one, more in
                     zip(works[most][fewest], works[most][threads])] \
                if threads != fewest else ["", ""]
            line(", ".join(map(str, name)), f"x {most / least:g}", threads or "default",
                 *grown, *gains)


class Comparison:
    def __init__(self, options, threads):
        self.threads = threads
        java = pathlib.Path(os.environ["JAVA_HOME"], "bin", "java") if "JAVA_HOME" in os.environ \
            else "java"
        self.rounds, self.warm_up = options.rounds, options.warm_up
        self.java = Side([java, "--enable-native-access=ALL-UNNAMED", "-cp", options.classpath,
                          "io.github.steelyard.bench.PeerRounds"], threads)
        peer = [sys.executable, HERE / "speed_peer.py"] if options.peer != "djl" else \
            [java, "-Dai.djl.offline=true", "-cp", ROOT / "bench/target/djl/*",
             HERE / "djl" / "DjlRounds.java"]
        self.peer = Side(peer, threads)

    def measure(self, *case, peer=None, repeats=1):
        """
        Runs a case in turns; PEER are the peer's words for it where they differ, REPEATS is how
        often one run does what is reported.
        """
        ours, peers = [], []
        for turn in range(-self.warm_up, self.rounds):
            mine, other = self.java.run(case), self.peer.run(peer or case)
            if turn >= 0:
                ours.append(mine / repeats)
                peers.append(other / repeats)
        return Pair(self.threads, ours, peers)

    def close(self):
        self.java.close()
        self.peer.close()


def line(*cells):
    print("| " + " | ".join(map(str, cells)) + " |", flush=True)


def heading(*cells):
    line(*cells)
    print("| --- " * len(cells) + "|", flush=True)


def attacks(comparison, options):
    """Images per second under attack, beside torchattacks."""
    heading("threads", "network", "epsilon", "attack", "images", "ours, images/s",
            "torchattacks, images/s", "times its speed", "quartiles")
    with tempfile.TemporaryDirectory() as folder:
        for network in options.networks:
            for epsilon in options.epsilons:
                for attack in ("pgd", "apgd-ce"):
                    for samples in options.samples:
                        case = ("attack", folder, network, attack, options.steps, epsilon, samples)
                        comparison.measure(*case).row(
                            (network, epsilon, f"{attack}-{options.steps}"), samples, samples,
                            "images/s")


# Network, batch, channels, size, and how many steps take about a tenth of a second.
STEPS = [
    ("mlp", 128, 1, 28, 100),
    ("resnet8", 128, 1, 28, 5),
    ("vit_mini_patch7_28", 128, 1, 28, 2),
    ("conv_small", 128, 1, 28, 20),
    ("resnet18", 8, 3, 224, 1),
    ("deit_tiny_patch16_224", 16, 3, 224, 1),
]


def steps(comparison, options):
    """A training step: forward, cross entropy, backward, SGD."""
    heading("threads", "network", "batch", "ours, ms", f"{options.peer}, ms", "times its speed",
            "quartiles")
    for network, full, channels, size, times in STEPS:
        if options.networks and network not in options.networks:
            continue
        for scale in options.scales:
            batch = max(1, round(full * scale))
            repeats = max(1, round(times / scale))
            case = ("step", network, batch, channels, size, repeats, options.trainers)
            comparison.measure(*case, repeats=repeats).row((network,), batch, batch)


def optimizers(comparison, options):
    """An optimizer's step; the peers are PyTorch's fused ones and the authors' package."""
    heading("threads", "optimizer", "parameters of", "ours, ms", "peer, ms", "times its speed",
            "quartiles")
    for network in options.networks:
        for name in ("adamw", "adamp", "sgd", "sgdp"):
            comparison.measure("optimizer", name, network, 5, repeats=5).row((name, network))


def interaction(comparison, options):
    """Local basis and edges of a transformer block or a perceptron's layer, beside our reading of the authors' package."""
    heading("threads", "dimension", "tokens", "peer's products", "samples", "ours, ms", "peer, ms",
            "times its speed", "quartiles")
    sizes = {"vit_mini_patch7_28": (64, 7), "vit_mini_patch4_32": (128, 4)}  # dimension, patch
    with tempfile.TemporaryDirectory() as folder:
        for block in options.blocks:
            network, size, samples = block.split(":")
            dimension, patch = sizes.get(network, (size, None))
            tokens = (int(size) // patch) ** 2 + 1 if patch else 1
            case = ("interaction", folder, network, size, samples)
            for way in options.ways:
                comparison.measure(*case, peer=(*case, way)).row(
                    (dimension, tokens, way), samples, int(samples))


# What docs/results.md reports: two amounts of work each, on one thread and on two.
ALL = ["steps --rounds 15 --threads 1 2 --scales 0.25 1",
       "steps --rounds 9 --neighbours 1 --networks mlp resnet8 vit_mini_patch7_28 conv_small",
       "optimizers --rounds 15 --threads 1 2",
       "attacks --rounds 5 --threads 1 2 --samples 50 200",
       "interaction --rounds 3 --threads 1 2"]


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    every = argparse.ArgumentParser(add_help=False)
    every.add_argument("--rounds", type=int, default=21)
    every.add_argument("--warm-up", type=int, default=WARM_UP, help="rounds that do not count")
    every.add_argument("--threads", type=int, nargs="+", default=[None],
                       help="of both, one table each; default: the defaults of both")
    every.add_argument("--neighbours", type=int, default=0, help="busy processes beside both")
    every.add_argument("--classpath", default=CLASSPATH)
    every.set_defaults(peer="PyTorch")
    tables = parser.add_subparsers(required=True, metavar="TABLE")

    table = tables.add_parser("attacks", parents=[every], help=attacks.__doc__)
    table.add_argument("--networks", nargs="+", default=["conv_small", "resnet8"])
    table.add_argument("--epsilons", nargs="+", type=float, default=[0.001, 0.1],
                       help="of 0.001 hardly a sample is broken early, of 0.1 many are")
    table.add_argument("--samples", type=int, nargs="+", default=[200])
    table.add_argument("--steps", type=int, default=20)
    table.set_defaults(print=attacks)

    table = tables.add_parser("steps", parents=[every], help=steps.__doc__)
    table.add_argument("--networks", nargs="+")
    table.add_argument("--scales", type=float, nargs="+", default=[1], help="of the batches")
    table.add_argument("--peer", choices=["PyTorch", "djl"], default="PyTorch")
    table.add_argument("--trainers", type=int, default=1,
                       help="networks trained side by side in threads of one process")
    table.set_defaults(print=steps)

    table = tables.add_parser("optimizers", parents=[every], help=optimizers.__doc__)
    table.add_argument("--networks", nargs="+", default=["resnet18", "deit_tiny_patch16_224"])
    table.set_defaults(print=optimizers)

    table = tables.add_parser("interaction", parents=[every], help=interaction.__doc__)
    table.add_argument("--blocks", nargs="+", help="network:image size:samples; of mlp network:width:samples",
                       default=["vit_mini_patch7_28:28:4", "vit_mini_patch7_28:28:16",
                                "vit_mini_patch4_32:16:8", "mlp:64:500", "mlp:256:500",
                                "mlp:256:2000"])
    table.add_argument("--ways", nargs="+", default=["loop", "batched"],
                       help="how the peer takes vector-Jacobian products")
    table.set_defaults(print=interaction)

    table = tables.add_parser("all", help="all of them: " + "; ".join(ALL))
    table.add_argument("--classpath", default=CLASSPATH)
    table.set_defaults(print=None)

    options = parser.parse_args(arguments)
    if options.print is None:
        for command in ALL:
            print(f"\n{command}\n")
            main([*command.split(), "--classpath", options.classpath])
        return
    MEASURED.clear()
    neighbours = [subprocess.Popen([sys.executable, "-c", "while True: pass"])
                  for _ in range(options.neighbours)]
    try:
        for threads in options.threads:
            comparison = Comparison(options, threads)
            try:
                options.print(comparison, options)
            finally:
                comparison.close()
        growth()
    finally:
        for neighbour in neighbours:
            neighbour.kill()


if __name__ == "__main__":
    main(sys.argv[1:])

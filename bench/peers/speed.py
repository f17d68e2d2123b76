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

    def __init__(self, ours, peers):
        self.ours, self.peers = ours, peers

    def row(self, *first, work=None):
        """Medians (seconds in ms, or work per second) and the ratio of speeds with its quartiles."""
        both = [statistics.median(side) for side in (self.ours, self.peers)]
        values = [f"{work / each:,.0f}" if work else f"{each * 1e3:.4g}" for each in both]
        speeds = sorted(peer / our for our, peer in zip(self.ours, self.peers))
        low, middle, high = (speeds[round(share * (len(speeds) - 1))] for share in (.25, .5, .75))
        cells = [*map(str, first), *values, f"{middle:.2f}", f"{low:.2f} to {high:.2f}"]
        print("| " + " | ".join(cells) + " |", flush=True)


class Comparison:
    def __init__(self, options):
        java = pathlib.Path(os.environ["JAVA_HOME"], "bin", "java") if "JAVA_HOME" in os.environ \
            else "java"
        self.rounds, self.warm_up = options.rounds, options.warm_up
        self.java = Side([java, "--enable-native-access=ALL-UNNAMED", "-cp", options.classpath,
                          "io.github.steelyard.bench.PeerRounds"], options.threads)
        peer = [sys.executable, HERE / "speed_peer.py"] if options.peer != "djl" else \
            [java, "-Dai.djl.offline=true", "-cp", ROOT / "bench/target/djl/*",
             HERE / "djl" / "DjlRounds.java"]
        self.peer = Side(peer, options.threads)

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
        return Pair(ours, peers)

    def close(self):
        self.java.close()
        self.peer.close()


def heading(*cells):
    print("| " + " | ".join(cells) + " |\n" + "| --- " * len(cells) + "|", flush=True)


def attacks(comparison, options):
    """Images per second under attack, beside torchattacks."""
    heading("network", "epsilon", "attack", "ours, images/s", "torchattacks, images/s",
            "times its speed", "quartiles")
    with tempfile.TemporaryDirectory() as folder:
        for network in options.networks:
            for epsilon in options.epsilons:
                for attack in ("pgd", "apgd-ce"):
                    case = ("attack", folder, network, attack, options.steps, epsilon,
                            options.samples)
                    comparison.measure(*case).row(network, epsilon, f"{attack}-{options.steps}",
                                                  work=options.samples)


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
    heading("network", "batch", "ours, ms", f"{options.peer}, ms", "times its speed", "quartiles")
    for network, batch, channels, size, repeats in STEPS:
        if options.networks and network not in options.networks:
            continue
        batch = max(1, round(batch * options.scale))
        repeats = max(1, round(repeats / options.scale))
        case = ("step", network, batch, channels, size, repeats, options.trainers)
        comparison.measure(*case, repeats=repeats).row(network, batch)


def optimizers(comparison, options):
    """An optimizer's step; the peers are PyTorch's fused ones and the authors' package."""
    heading("optimizer", "parameters of", "ours, ms", "peer, ms", "times its speed", "quartiles")
    for network in options.networks:
        for name in ("adamw", "adamp", "sgd", "sgdp"):
            comparison.measure("optimizer", name, network, 5, repeats=5).row(name, network)


def interaction(comparison, options):
    """Local basis and edges of one transformer block, beside our reading of the authors' package."""
    heading("dimension", "tokens", "samples", "peer's products", "ours, ms", "peer, ms",
            "times its speed", "quartiles")
    sizes = {"vit_mini_patch7_28": (64, 7), "vit_mini_patch4_32": (128, 4)}
    with tempfile.TemporaryDirectory() as folder:
        for block in options.blocks:
            network, size, samples = block.split(":")
            dimension, patch = sizes[network]
            case = ("interaction", folder, network, size, samples)
            for way in options.ways:
                comparison.measure(*case, peer=(*case, way)).row(
                    dimension, (int(size) // patch) ** 2 + 1, samples, way)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    every = argparse.ArgumentParser(add_help=False)
    every.add_argument("--rounds", type=int, default=21)
    every.add_argument("--warm-up", type=int, default=WARM_UP, help="rounds that do not count")
    every.add_argument("--threads", type=int, help="of both; default: the defaults of both")
    every.add_argument("--neighbours", type=int, default=0, help="busy processes beside both")
    every.add_argument("--classpath", default="bench/target/classes:bench/target/lib/*")
    every.set_defaults(peer="PyTorch")
    tables = parser.add_subparsers(required=True, metavar="TABLE")

    table = tables.add_parser("attacks", parents=[every], help=attacks.__doc__)
    table.add_argument("--networks", nargs="+", default=["conv_small", "resnet8"])
    table.add_argument("--epsilons", nargs="+", type=float, default=[0.001, 0.1],
                       help="of 0.001 hardly a sample is broken early, of 0.1 many are")
    table.add_argument("--samples", type=int, default=200)
    table.add_argument("--steps", type=int, default=20)
    table.set_defaults(print=attacks)

    table = tables.add_parser("steps", parents=[every], help=steps.__doc__)
    table.add_argument("--networks", nargs="+")
    table.add_argument("--scale", type=float, default=1, help="of the batches")
    table.add_argument("--peer", choices=["PyTorch", "djl"], default="PyTorch")
    table.add_argument("--trainers", type=int, default=1,
                       help="networks trained side by side in threads of one process")
    table.set_defaults(print=steps)

    table = tables.add_parser("optimizers", parents=[every], help=optimizers.__doc__)
    table.add_argument("--networks", nargs="+", default=["resnet18", "deit_tiny_patch16_224"])
    table.set_defaults(print=optimizers)

    table = tables.add_parser("interaction", parents=[every], help=interaction.__doc__)
    table.add_argument("--blocks", nargs="+", help="network:image size:samples",
                       default=["vit_mini_patch7_28:28:4", "vit_mini_patch7_28:28:16",
                                "vit_mini_patch4_32:16:8"])
    table.add_argument("--ways", nargs="+", default=["loop", "batched"],
                       help="how the peer takes vector-Jacobian products")
    table.set_defaults(print=interaction)

    options = parser.parse_args()
    neighbours = [subprocess.Popen([sys.executable, "-c", "while True: pass"])
                  for _ in range(options.neighbours)]
    comparison = Comparison(options)
    try:
        options.print(comparison, options)
    finally:
        comparison.close()
        for neighbour in neighbours:
            neighbour.kill()


if __name__ == "__main__":
    main()

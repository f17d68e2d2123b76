"""Times this library beside its peers in Python, in turns, and prints tables for docs/results.md.

Usage: mvn -q -pl bench -am package -DskipTests && python bench/peers/speed.py TABLE [--rounds N]
Needs what bench/peers/speed_peer.py needs; --help lists the tables.

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

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
WARM_UP = 3


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
        self.rounds = options.rounds
        self.java = Side([java, "--enable-native-access=ALL-UNNAMED", "-cp", options.classpath,
                          "io.github.steelyard.bench.PeerRounds"], options.threads)
        self.python = Side([sys.executable, HERE / "speed_peer.py"], options.threads)

    def measure(self, *case, peer=None):
        """Runs a case in turns; PEER are the peer's words for it where they differ."""
        ours, peers = [], []
        for turn in range(-WARM_UP, self.rounds):
            mine, other = self.java.run(case), self.python.run(peer or case)
            if turn >= 0:
                ours.append(mine)
                peers.append(other)
        return Pair(ours, peers)

    def close(self):
        self.java.close()
        self.python.close()


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


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    every = argparse.ArgumentParser(add_help=False)
    every.add_argument("--rounds", type=int, default=21)
    every.add_argument("--threads", type=int, help="of both; default: the defaults of both")
    every.add_argument("--classpath", default="bench/target/classes:bench/target/lib/*")
    tables = parser.add_subparsers(required=True, metavar="TABLE")

    table = tables.add_parser("attacks", parents=[every], help=attacks.__doc__)
    table.add_argument("--networks", nargs="+", default=["conv_small", "resnet8"])
    table.add_argument("--epsilons", nargs="+", type=float, default=[0.001, 0.1],
                       help="of 0.001 hardly a sample is broken early, of 0.1 many are")
    table.add_argument("--samples", type=int, default=200)
    table.add_argument("--steps", type=int, default=20)
    table.set_defaults(print=attacks)

    options = parser.parse_args()
    comparison = Comparison(options)
    try:
        options.print(comparison, options)
    finally:
        comparison.close()


if __name__ == "__main__":
    main()

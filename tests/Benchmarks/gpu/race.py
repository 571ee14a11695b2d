"""Races whole training epochs on one GPU: Convoke against PyTorch and JAX, alternating, and prints a table.

usage: race.py [--runner PROGRAM] [--rounds N] [--markdown FILE] [--skip NAME]... NET:BATCH...

A contender is a process: it warms up, prints "ready VARIANT SECONDS" for each of its variants and "go", and then answers each line "VARIANT" with the seconds of one
epoch, work on the device included. All contenders of a race are alive at once; a round asks each variant once, in turn. Ratios are of medians.
"""
import argparse
import pathlib
import statistics
import subprocess
import sys

HERE = pathlib.Path(__file__).parent


class Contender:
    def __init__(self, name, command):
        self.name, self.variants, self.notes = name, [], []
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)

    def wait(self):
        for line in self.process.stdout:
            word, _, rest = line.strip().partition(" ")
            if word == "ready":
                self.variants.append(rest.split(" ")[0])
                self.notes.append(f"{self.name} {rest}")
            elif word == "failed":
                self.notes.append(f"{self.name} FAILED {rest}")
            elif word == "go":
                return self
        self.notes.append(f"{self.name} FAILED to start")
        return self

    def run(self, variant):
        self.process.stdin.write(variant + "\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline())

    def stop(self):
        self.process.stdin.close()
        self.process.wait()


def contenders(race, arguments):
    torch = arguments.torch.split(",")
    jax = arguments.jax.split(",")
    python = sys.executable
    started = [Contender("Convoke", [arguments.runner, "--race", race])]
    if torch != [""]:
        started.append(Contender("PyTorch", [python, str(HERE / "contender_pytorch.py"), race, *torch]))
    if jax != [""]:
        started.append(Contender("JAX", [python, str(HERE / "contender_jax.py"), race, *jax]))
    return started


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("races", nargs="+")
    parser.add_argument("--runner", default=str(HERE / "../../../artifacts/gpu/Convoke.Gpu"))
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--markdown")
    parser.add_argument("--torch", default="eager-fp32,eager-tf32,eager-bf16,graph-fp32,graph-tf32,graph-bf16")
    parser.add_argument("--jax", default="scan-fp32,scan-tf32,scan-bf16")
    arguments = parser.parse_args()
    # All races warm up at once: compilation is the processor's work. Measured is one race after the other, with the other processes waiting for input.
    waiting = [(race, contenders(race, arguments)) for race in arguments.races]
    ready = [(race, [contender.wait() for contender in started]) for race, started in waiting]
    lines = []
    for race, alive in ready:
        seconds = {}
        for _ in range(arguments.rounds):
            for contender in alive:
                for variant in contender.variants:
                    seconds.setdefault((contender.name, variant), []).append(contender.run(variant))
        for contender in alive:
            contender.stop()
        lines += [f"## {race.replace(':', ', batch ')}", "", "| contender | median ms | min | max | ours is faster by |", "|---|---|---|---|---|"]
        ours = min(statistics.median(v) for (name, _), v in seconds.items() if name == "Convoke")
        for (name, variant), values in sorted(seconds.items(), key=lambda item: statistics.median(item[1])):
            median = statistics.median(values)
            ratio = f"{median / ours:.2f}x" if name != "Convoke" else ""
            lines.append(f"| {name} {variant} | {median * 1e3:.2f} | {min(values) * 1e3:.2f} | {max(values) * 1e3:.2f} | {ratio} |")
        failures = [note for contender in alive for note in contender.notes if "FAILED" in note]
        lines += [*(f"- {note}" for note in failures), ""]
    text = "\n".join(lines)
    print(text)
    if arguments.markdown:
        with open(arguments.markdown, "a", encoding="utf-8") as file:
            file.write("\n" + text + "\n")


main()

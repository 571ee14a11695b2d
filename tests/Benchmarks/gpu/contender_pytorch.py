"""PyTorch as a contender: one epoch of program A, B or C on a resident data set, in the ways its users run it.

usage: contender_pytorch.py NET:BATCH VARIANT...      the protocol is race.py's: "ready NAME" lines, then a line of seconds per request

Every variant gets what costs it least: the whole data set on the device as floats, shuffled once an epoch by one gather, so that a step's batch is a view;
losses summed on the device and read once an epoch; accuracy, which Convoke counts as well, left out; fused optimizers. Compilation and warm-up come before "ready".
"""
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F

DEVICE = "cuda"


class ProgramA(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.fc = nn.Conv2d(1, 32, 3), nn.Linear(5408, 10)

    def forward(self, x):
        return self.fc(torch.flatten(F.max_pool2d(F.relu(self.conv1(x)), 2), 1))


class ProgramB(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 32, 3), nn.Conv2d(32, 64, 3)
        self.fc1, self.fc2 = nn.Linear(1600, 128), nn.Linear(128, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        return self.fc2(F.relu(self.fc1(torch.flatten(x, 1))))


class ProgramC(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(3, 32, 3), nn.Conv2d(32, 64, 3)
        self.fc1, self.fc2, self.drop = nn.Linear(2304, 128), nn.Linear(128, 10), nn.Dropout(0.5)

    def forward(self, x):
        x = self.drop(F.max_pool2d(F.relu(self.conv1(x)), 2))
        x = self.drop(F.max_pool2d(F.relu(self.conv2(x)), 2))
        return self.fc2(self.drop(F.relu(self.fc1(torch.flatten(x, 1)))))


NETS = {"A": (ProgramA, (1, 28, 28), 60_000), "B": (ProgramB, (1, 28, 28), 60_000), "C": (ProgramC, (3, 32, 32), 50_000)}

# name: precision, torch.compile's mode (None: eager), whether the whole step is one CUDA graph
VARIANTS = {
    "eager-fp32": ("fp32", None, False),
    "eager-tf32": ("tf32", None, False),
    "eager-bf16": ("bf16", None, False),
    "graph-fp32": ("fp32", None, True),
    "graph-tf32": ("tf32", None, True),
    "graph-bf16": ("bf16", None, True),
    "compile-fp32": ("fp32", "default", False),
    "compile-bf16": ("bf16", "default", False),
    "compile-graph-fp32": ("fp32", "default", True),
    "compile-graph-tf32": ("tf32", "default", True),
    "compile-graph-bf16": ("bf16", "default", True),
    "reduce-overhead-tf32": ("tf32", "reduce-overhead", False),
    "reduce-overhead-bf16": ("bf16", "reduce-overhead", False),
    "max-autotune-bf16": ("bf16", "max-autotune", False),
}


class Contender:
    def __init__(self, net: str, batch: int, variant: str, images, labels):
        self.precision, mode, self.graphed = VARIANTS[variant]
        self.batch = batch
        make, shape, _ = NETS[net]
        self.set_precision()
        torch.manual_seed(42)
        model = make().to(DEVICE)
        self.channels_last = self.precision == "bf16"
        if self.channels_last:
            model = model.to(memory_format=torch.channels_last)
        self.images, self.labels = images, labels
        self.optimizer = (torch.optim.SGD(model.parameters(), lr=0.01, fused=True) if net == "C"
                          else torch.optim.Adam(model.parameters(), fused=True, capturable=True))
        self.model = torch.compile(model, mode=mode) if mode else model
        self.total = torch.zeros((), device=DEVICE)
        self.graph = None
        if self.graphed:
            self.x = torch.zeros((batch, *shape), device=DEVICE)
            if self.channels_last:
                self.x = self.x.to(memory_format=torch.channels_last)
            self.y = torch.zeros(batch, dtype=torch.int64, device=DEVICE)
            self.capture()
        self.epoch()
        torch.cuda.synchronize()

    def set_precision(self):
        strict = self.precision == "fp32"
        torch.backends.cuda.matmul.allow_tf32 = not strict
        torch.backends.cudnn.allow_tf32 = not strict
        torch.backends.cudnn.benchmark = True

    def step(self, x, y):
        self.optimizer.zero_grad(set_to_none=True)
        with torch.autocast(DEVICE, dtype=torch.bfloat16, enabled=self.precision == "bf16"):
            loss = F.cross_entropy(self.model(x), y)
        loss.backward()
        self.optimizer.step()
        self.total += loss.detach()

    def capture(self):
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(4):
                self.step(self.x, self.y)
        torch.cuda.current_stream().wait_stream(stream)
        self.graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self.graph):
            self.step(self.x, self.y)

    def epoch(self):
        self.set_precision()
        n, batch = len(self.labels), self.batch
        order = torch.randperm(n, device=DEVICE)
        images, labels = self.images[order], self.labels[order]
        if self.channels_last:
            images = images.to(memory_format=torch.channels_last)
        self.total.zero_()
        for at in range(0, n - n % batch, batch):
            x, y = images[at:at + batch], labels[at:at + batch]
            if self.graph is not None:
                self.x.copy_(x)
                self.y.copy_(y)
                self.graph.replay()
            else:
                self.step(x, y)
        # The last, smaller batch: a graph has one size, so it goes by itself; a compiled model would compile once more, so it is left out there.
        if n % batch and not (self.graphed or self.model.__class__.__name__ == "OptimizedModule"):
            self.step(images[n - n % batch:], labels[n - n % batch:])
        return self.total.item()


def main():
    net, batch = sys.argv[1].split(":")
    batch = int(batch)
    _, shape, n = NETS[net]
    generator = torch.Generator(device=DEVICE).manual_seed(1)
    images = torch.randint(0, 256, (n, *shape), device=DEVICE, dtype=torch.uint8, generator=generator).float() / 255
    labels = torch.randint(0, 10, (n,), device=DEVICE, generator=generator)
    contenders = {}
    for variant in sys.argv[2:]:
        began = time.perf_counter()
        try:
            contenders[variant] = Contender(net, batch, variant, images, labels)
            print(f"ready {variant} {time.perf_counter() - began:.1f}", flush=True)
        except Exception as failure:  # a variant that a version of PyTorch cannot do is a line of the table, not the end of the race
            print(f"failed {variant} {type(failure).__name__}: {str(failure).splitlines()[0] if str(failure) else ''}", flush=True)
    print("go", flush=True)
    for request in sys.stdin:
        variant = request.strip()
        torch.cuda.synchronize()
        began = time.perf_counter()
        contenders[variant].epoch()
        torch.cuda.synchronize()
        print(f"{time.perf_counter() - began:.6f}", flush=True)


main()

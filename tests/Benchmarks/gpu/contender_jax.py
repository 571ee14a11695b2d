"""JAX as a contender: the epoch of program A, B or C as one jitted lax.scan over a resident data set, shuffled by one gather.

usage: contender_jax.py NET:BATCH VARIANT...      variants scan-fp32, scan-tf32, scan-bf16; the protocol is race.py's
"""
import os
import sys
import time

os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")

import jax
import jax.numpy as jnp
import optax
from jax import lax

NETS = {"A": ((28, 28, 1), 60_000), "B": ((28, 28, 1), 60_000), "C": ((32, 32, 3), 50_000)}


def conv(key, cin, cout):
    bound = (9 * cin) ** -0.5
    return jax.random.uniform(key, (3, 3, cin, cout), minval=-bound, maxval=bound), jnp.zeros(cout)


def dense(key, nin, nout):
    bound = nin ** -0.5
    return jax.random.uniform(key, (nin, nout), minval=-bound, maxval=bound), jnp.zeros(nout)


def initial(net, key):
    keys = jax.random.split(key, 4)
    if net == "A":
        return [conv(keys[0], 1, 32), dense(keys[1], 5408, 10)]
    cin, features = (1, 1600) if net == "B" else (3, 2304)
    return [conv(keys[0], cin, 32), conv(keys[1], 32, 64), dense(keys[2], features, 128), dense(keys[3], 128, 10)]


def conv_block(x, weights):
    w, b = weights
    y = lax.conv_general_dilated(x, w.astype(x.dtype), (1, 1), "VALID", dimension_numbers=("NHWC", "HWIO", "NHWC")) + b.astype(x.dtype)
    return lax.reduce_window(jax.nn.relu(y), -jnp.inf, lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")


def forward(net, parameters, x, key):
    keys = jax.random.split(key, 3)
    drop = (lambda v, k: jnp.where(jax.random.bernoulli(k, 0.5, v.shape), v * 2, 0).astype(v.dtype)) if net == "C" else (lambda v, k: v)
    x = drop(conv_block(x, parameters[0]), keys[0])
    if net != "A":
        x = drop(conv_block(x, parameters[1]), keys[1])
    x = x.reshape(len(x), -1)
    for i, (w, b) in enumerate(parameters[1 if net == "A" else 2:]):
        last = i == len(parameters) - (2 if net == "A" else 3)
        x = x @ w.astype(x.dtype) + b.astype(x.dtype)
        if not last:
            x = drop(jax.nn.relu(x), keys[2])
    return x.astype(jnp.float32)


def make(net, batch, variant, images, labels):
    precision = {"scan-fp32": "highest", "scan-tf32": "tensorfloat32", "scan-bf16": "default"}[variant]
    dtype = jnp.bfloat16 if variant == "scan-bf16" else jnp.float32
    optimizer = optax.sgd(0.01) if net == "C" else optax.adam(1e-3)
    parameters = initial(net, jax.random.key(0))
    state = optimizer.init(parameters)
    steps = len(labels) // batch

    def loss_of(parameters, x, y, key):
        return optax.softmax_cross_entropy_with_integer_labels(forward(net, parameters, x.astype(dtype), key), y).mean()

    def step(carry, inputs):
        parameters, state, key = carry
        x, y = inputs
        key, used = jax.random.split(key)
        loss, gradients = jax.value_and_grad(loss_of)(parameters, x, y, used)
        updates, state = optimizer.update(gradients, state, parameters)
        return (optax.apply_updates(parameters, updates), state, key), loss

    def epoch(carry, images, labels):
        parameters, state, key = carry
        key, used = jax.random.split(key)
        order = jax.random.permutation(used, len(labels))[: steps * batch]
        x = images[order].reshape(steps, batch, *images.shape[1:])
        y = labels[order].reshape(steps, batch)
        carry, losses = lax.scan(step, (parameters, state, key), (x, y))
        return carry, losses.sum()

    with jax.default_matmul_precision(precision):
        compiled = jax.jit(epoch, donate_argnums=0).lower((parameters, state, jax.random.key(1)), images, labels).compile()
    carry = [(parameters, state, jax.random.key(1))]

    def run():
        carry[0], total = compiled(carry[0], images, labels)
        return float(total)

    run()
    return run


def main():
    net, batch = sys.argv[1].split(":")
    shape, n = NETS[net]
    images = jax.random.randint(jax.random.key(2), (n, *shape), 0, 256).astype(jnp.float32) / 255
    labels = jax.random.randint(jax.random.key(3), (n,), 0, 10)
    contenders = {}
    for variant in sys.argv[2:]:
        began = time.perf_counter()
        try:
            contenders[variant] = make(net, int(batch), variant, images, labels)
            print(f"ready {variant} {time.perf_counter() - began:.1f}", flush=True)
        except Exception as failure:
            print(f"failed {variant} {type(failure).__name__}: {str(failure).splitlines()[0] if str(failure) else ''}", flush=True)
    print("go", flush=True)
    for request in sys.stdin:
        run = contenders[request.strip()]
        began = time.perf_counter()
        run()
        print(f"{time.perf_counter() - began:.6f}", flush=True)


main()

"""Own machines: roofline, fitted step times, memory, sizing, devices, replay.

In: architectures, GPUs, published measurements. Out: draws of times and capacity. May not know: prices.
"""

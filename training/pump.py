"""A simulated water pump, one sample a second, and what can go wrong with it. Data of `examples/sequences`."""

from __future__ import annotations

import numpy as np

COMMAND = "command"  # rpm, what the pump is told; not a sensor
SENSORS = ("speed", "pressure", "current", "vibration", "temperature")  # rpm, bar, A, mm/s, °C
NOISE = np.array([6.0, 0.04, 0.08, 0.06, 0.2])  # of each sensor, in its unit
DIGITS = (0, 2, 2, 2, 1)  # a sensor's resolution, decimals
MOST_SPEED = 3000.0  # rpm
AMBIENT = 25.0  # °C
FAULTS = ("leak", "bearing", "stuck", "blocked", "overheating")
FAULT_SECONDS = 90


def commands(generator: np.random.Generator, seconds: int) -> np.ndarray:
    """A speed for 20 to 90 seconds, then another; one in eight is a stop. [seconds], rpm"""
    command = np.empty(0)
    while len(command) < seconds:
        speed = 0.0 if generator.random() < 1 / 8 else generator.integers(9, 31) * 100.0
        command = np.concatenate([command, np.full(generator.integers(20, 91), speed)])
    return command[:seconds]


def faults_at(generator: np.random.Generator, seconds: int) -> list[tuple[str, int]]:
    """Every kind in turn, with two to four minutes of health before each: [(kind, first second)]"""
    found, at = [], int(generator.integers(120, 240))
    while at + FAULT_SECONDS < seconds:
        found.append((FAULTS[len(found) % len(FAULTS)], at))
        at += FAULT_SECONDS + int(generator.integers(120, 240))
    return found


def simulate(generator: np.random.Generator, seconds: int, faults: list[tuple[str, int]]) -> np.ndarray:
    """Command and sensors, [seconds, 6]. Physics of first order: each follows what drives it with a time of its own."""
    command = commands(generator, seconds)
    series = np.empty((seconds, 1 + len(SENSORS)))
    speed, pressure, temperature = command[0], 8 * (command[0] / MOST_SPEED) ** 2, AMBIENT + 10 * generator.random()
    before, stuck = speed, None
    for second in range(seconds):
        fault = next((kind for kind, at in faults if at <= second < at + FAULT_SECONDS), None)
        share = speed / MOST_SPEED
        current = 0.8 + 3 * share + 1.1 * share * pressure + 0.01 * max(0.0, speed - before)  # what speeds up takes more
        vibration = 0.3 + 2.0 * share**2 + 1.2 * np.exp(-(((share - 0.6) / 0.05) ** 2))  # with a resonance at 1800 rpm
        sensors = np.array([speed, pressure, current, vibration, temperature])
        if fault == "bearing":
            sensors[3] *= 1.5
        if fault == "blocked":
            sensors[2] *= 0.88  # what does not flow takes no power
        sensors += NOISE * generator.standard_normal(len(SENSORS)) * (1, 1, 1, 0.3 + share, 1)
        stuck = (sensors[1] if stuck is None else stuck) if fault == "stuck" else None
        if stuck is not None:
            sensors[1] = stuck
        series[second] = [command[second], *sensors]
        before = speed
        speed += (command[second] - speed) / 3
        pressure += ((0.85 if fault == "leak" else 1) * 8 * share**2 - pressure) / 4
        heat = 0.5 * current + (12 if fault == "overheating" else 0)
        temperature += (AMBIENT + 3.5 * heat - temperature) / 200
    for sensor, digits in enumerate(DIGITS):
        series[:, 1 + sensor] = series[:, 1 + sensor].round(digits)
    return series

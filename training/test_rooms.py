"""Tests of rooms.py: `python -m unittest training.test_rooms`, seconds."""

from __future__ import annotations

import unittest

import numpy as np

from . import rooms

SIZE = (4.0, 3.5, 3.0)  # m, near enough to a cube for a diffuse field


def room_of(reverberation_time: float, size: tuple[float, float, float] = SIZE) -> rooms.Room:
    """A room whose walls absorb alike in both bands."""
    absorption = rooms.absorption_for(size, reverberation_time)
    microphone = (size[0] - 0.8, size[1] - 1.1, 1.7)
    return rooms.Room(size, (1.1, 1.7, 1.2), microphone, (absorption, absorption))


def decay_time(response: np.ndarray) -> float:
    """Seconds to fall by 60 dB, from the slope of Schroeder's integral between -5 and -25 dB (ISO 3382, T20)."""
    energy = np.cumsum(response[:0:-1].astype(np.float64) ** 2)[::-1]  # without the direct sound
    level = 10 * np.log10(energy / energy[0])
    steady = (level < -5) & (level > -25)
    slope = np.polyfit(np.arange(len(level))[steady] / rooms.SAMPLE_RATE, level[steady], 1)[0]
    return -60 / slope


def images_by_definition(room: rooms.Room, reach: float) -> list[tuple[float, int]]:
    """Distance and walls met of each image, by mirroring the source at one wall after the other."""
    found: dict[tuple[float, ...], int] = {}
    front = {tuple(np.round(room.source, 9)): 0}
    while front:
        found.update(front)
        mirrored = {}
        for place, walls in front.items():
            for axis in range(3):
                for wall in (0.0, room.size[axis]):
                    image = list(place)
                    image[axis] = 2 * wall - image[axis]
                    key = tuple(np.round(image, 9))
                    if key not in found and np.linalg.norm(np.subtract(key, room.microphone)) <= reach + max(room.size):
                        mirrored[key] = walls + 1
        front = mirrored
    pairs = [(float(np.linalg.norm(np.subtract(place, room.microphone))), walls) for place, walls in found.items()]
    return sorted(pair for pair in pairs if pair[0] <= reach and pair[1] > 0)


class ImagesTest(unittest.TestCase):
    def test_equal_mirroring_wall_by_wall(self):
        room, reach = room_of(0.3), 9.0
        distances, walls = rooms.arrivals(room, reach, np.random.default_rng(1))
        expected = images_by_definition(room, reach)
        self.assertGreater(len(expected), 50)
        self.assertEqual(sorted(walls.tolist()), sorted(count for _, count in expected))
        for count in set(walls.tolist()):
            got = np.sort(distances[walls == count])
            wanted = np.array([distance for distance, w in expected if w == count])
            self.assertLessEqual(np.abs(got - wanted).max(), rooms.JITTER + 1e-4, f"images of {count} walls")

    def test_a_reflection_comes_between_samples_with_its_level(self):
        # The floor is 0.5 m below both and every other wall is far away: one echo stands alone.
        room = rooms.Room((9.0, 9.0, 9.0), (4.0, 4.5, 0.5), (5.0, 4.5, 0.5), (0.19, 0.19))
        response = rooms.impulse_response(room, np.random.default_rng(1), 0.010)
        echo = np.sqrt(2.0)  # m; 0.9 of the pressure is left by each wall
        arrival = (echo - 1.0) / rooms.SPEED_OF_SOUND * rooms.SAMPLE_RATE
        window = response[10:30].astype(np.float64)
        self.assertAlmostEqual(float(np.argmax(window)) + 10, arrival, delta=2.5)
        self.assertAlmostEqual(float(np.sqrt(np.sum(window**2))), 0.9 / echo, delta=0.08)


class DecayTest(unittest.TestCase):
    def test_reverberation_time_is_that_of_sabine_and_eyring(self):
        for seconds in (0.15, 0.3, 0.6):
            room = room_of(seconds)
            measured = decay_time(rooms.impulse_response(room, np.random.default_rng(2), 1.2 * seconds))
            sabine = rooms.SABINE * rooms.volume_per_surface(SIZE) / room.absorption[0]
            self.assertAlmostEqual(room.reverberation_time, seconds, places=6)
            self.assertLess(abs(measured / seconds - 1), 0.2, f"{measured:.3f} s, Eyring {seconds} s")
            self.assertLess(abs(measured / sabine - 1), 0.3, f"{measured:.3f} s, Sabine {sabine:.3f} s")

    def test_the_treble_dies_first_where_walls_absorb_more_of_it(self):
        low = rooms.absorption_for(SIZE, 0.5)
        room = rooms.Room(SIZE, (1.1, 1.7, 1.2), (3.2, 2.4, 1.7), (low, 3 * low))
        response = rooms.impulse_response(room, np.random.default_rng(2), 0.5)
        late = np.abs(np.fft.rfft(response[3200:])) ** 2
        hertz = np.fft.rfftfreq(len(response) - 3200, 1 / rooms.SAMPLE_RATE)
        bass = late[(hertz > 200) & (hertz < 1000)].mean()
        treble = late[(hertz > 3000) & (hertz < 7000)].mean()
        self.assertGreater(10 * np.log10(bass / treble), 10)

    def test_absorption_outside_0_to_1_is_refused(self):
        with self.assertRaisesRegex(ValueError, "absorption 1.5"):
            rooms.eyring(SIZE, 1.5)


class BankTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.bank = rooms.Bank(12, seed=5)

    def test_same_seed_gives_the_same_bank(self):
        again, other = rooms.Bank(12, seed=5), rooms.Bank(12, seed=6)
        for a, b in zip(self.bank.responses, again.responses):
            np.testing.assert_array_equal(a, b)
        self.assertNotEqual(self.bank.rooms, other.rooms)

    def test_rooms_are_within_their_ranges(self):
        rng = np.random.default_rng(3)
        for room in [rooms.random_room(rng) for _ in range(300)]:
            self.assertTrue(0.29 < room.distance < 4.01, room)
            self.assertTrue(0.099 < room.reverberation_time < 0.801, room)
            for place in (*zip(room.source, room.size), *zip(room.microphone, room.size)):
                self.assertTrue(0 < place[0] < place[1], room)

    def test_the_direct_sound_comes_first_and_undelayed(self):
        for response, room in zip(self.bank.responses, self.bank.rooms):
            self.assertEqual(response.dtype, np.float32)
            self.assertAlmostEqual(float(np.linalg.norm(response)), 1.0, places=5)
            share = float(response[0] ** 2)
            self.assertGreater(share, 0.01, f"direct sound at {room.distance:.2f} m")
        click = np.zeros(8000, np.float32)
        click[1000] = 1
        heard = self.bank.reverberate(click, np.random.default_rng(1), tail=1600)
        self.assertEqual(len(heard), 9600)
        self.assertLess(float(np.abs(heard[:1000]).max()), 1e-6)
        self.assertGreater(float(heard[1000]), 0.1)

    def test_reverberate_equals_convolution_by_definition(self):
        samples = np.random.default_rng(4).standard_normal(300).astype(np.float32)
        bank = rooms.Bank(1, seed=7)
        got = bank.reverberate(samples, np.random.default_rng(1))
        expected = [
            sum(samples[n - k] * bank.responses[0][k] for k in range(min(n + 1, len(bank.responses[0]))))
            for n in range(300)
        ]
        np.testing.assert_allclose(got, expected, atol=1e-4)


if __name__ == "__main__":
    unittest.main()

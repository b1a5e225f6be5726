"""Tests of what trains the models of `examples/sequences`."""

from __future__ import annotations

import unittest

import numpy as np
import torch

from .pump import FAULT_SECONDS, FAULTS, faults_at, simulate
from .pump_predictor import alarms_of, with_liars
from .spell_numbers import END, MOST_WORDS, WORDS, Decoder, Encoder, is_held_out, loss_of, spell


class SpellNumbers(unittest.TestCase):
    def test_words(self) -> None:
        for number, words in {
            0: "zero",
            20: "twenty",
            101: "one hundred and one",
            1100: "one thousand one hundred",
            40_007: "forty thousand and seven",
            373_373: "three hundred and seventy three thousand three hundred and seventy three",
        }.items():
            self.assertEqual(spell(number), words)
            self.assertTrue(set(words.split()) <= set(WORDS))
            self.assertLess(len(words.split()), MOST_WORDS)

    def test_one_in_fifty_is_held_out(self) -> None:
        self.assertEqual(sum(map(is_held_out, range(1000))), 0)
        self.assertAlmostEqual(sum(map(is_held_out, range(10**5))) / 10**5, 0.02, delta=0.001)

    def test_the_decoder_never_sees_the_word_that_it_is_to_say(self) -> None:
        torch.manual_seed(0)
        encoder, decoder = Encoder(3, 5), Decoder(3, 5)
        words = torch.tensor([[4, 6, END, -1]])
        seen = []
        decoder.embedding.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0].tolist()))
        loss_of(encoder, decoder, torch.tensor([[1, 2]]), words)
        self.assertEqual(seen, [[[END, 4, 6, END]]])


class Pump(unittest.TestCase):
    def test_a_fault_changes_nothing_before_it(self) -> None:
        healthy = simulate(np.random.default_rng(3), 300, [])
        for kind in FAULTS:
            ill = simulate(np.random.default_rng(3), 300, [(kind, 150)])
            np.testing.assert_array_equal(ill[:150], healthy[:150])
            self.assertTrue((ill[150 : 150 + FAULT_SECONDS] != healthy[150 : 150 + FAULT_SECONDS]).any(), kind)

    def test_faults_come_in_turn_and_apart(self) -> None:
        faults = faults_at(np.random.default_rng(1), 5000)
        self.assertEqual([kind for kind, _ in faults], [FAULTS[i % len(FAULTS)] for i in range(len(faults))])
        self.assertGreaterEqual(np.diff([at for _, at in faults]).min(), FAULT_SECONDS + 120)

    def test_one_alarm_until_it_is_over(self) -> None:
        drift = np.zeros((8, 5))
        drift[:, 2] = [0, 1.1, 0.9, 1.2, 0.4, 1.1, 0, 0]
        drift[6, 3] = 3
        self.assertEqual(alarms_of(drift, np.ones(5)), [1, 5, 6])

    def test_liars_leave_the_command_alone(self) -> None:
        torch.manual_seed(0)
        samples = torch.zeros(64, 20, 6)
        wrong = with_liars(samples, torch.ones(6))
        self.assertTrue((wrong[:, :, 0] == 0).all())
        self.assertTrue((wrong[:, :, 1:] != 0).any())

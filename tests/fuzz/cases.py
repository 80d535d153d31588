# SPDX-License-Identifier: MIT
"""Random cases: a model, its input, and the numbers that made them."""

import random

import mac
import vector
import views
from choices import Choices
from net import Net, Skip

# name: (function that adds the operator to a Net, how likely it is)
OPERATORS = {**mac.OPERATORS, **vector.OPERATORS, **views.OPERATORS}


class Case:
    """A model made from numbers: those of its start, and of each step, which adds an operator."""

    def __init__(self, name, names, head, steps):
        """head, steps: a Choices, and a list of Choices."""
        menu = [name for name in names for _ in range(OPERATORS[name][1])]
        self.name, self.names = name, names
        net = Net(head)
        self.steps = []
        for c in steps:
            before = len(net.ops)
            try:
                OPERATORS[c.pick(menu)][0](net, c)
            except Skip:
                pass
            if len(net.ops) > before:
                self.steps.append(c.taken)
        self.head = head.taken
        self.operators, self.kind = net.ops, net.kind
        self.valid = net.finish()
        self.model = net.model.to_bytes() if self.valid else b""
        self.input = net.input_bytes

    def kinds(self):
        """Its operators, with the type that they are of."""
        return sorted({"%s %s" % (self.kind, name) for name in self.operators})

    def key(self):
        """What shrinking makes small: operators, then bytes, then the numbers themselves."""
        return (len(self.operators), len(self.steps), len(self.model) + 2 * len(self.input),
                sum(map(sum, self.steps)) + sum(self.head[1:]))


def random_case(seed, index, names):
    """Case number index: the same for the same seed and names."""
    for attempt in range(100):
        rng = random.Random("%d %d %d" % (seed, index, attempt))
        steps = rng.choice([1, 1, 1, 1, 2, 2, 3, 3, 4, 5, 6, 8])
        case = Case("seed %d case %d" % (seed, index), names, Choices(rng),
                    [Choices(rng) for _ in range(steps)])
        if case.valid:
            return case
    raise ValueError("no model can be made of " + ", ".join(names))


def replayed(case, head, steps):
    """The case that these numbers make."""
    return Case(case.name, case.names, Choices(numbers=head),
                [Choices(numbers=s) for s in steps])


def _simpler_lists(numbers):
    """Lists like this one with something left out or smaller."""
    for at in range(len(numbers)):
        if numbers[at]:
            yield numbers[:at] + [0] + numbers[at + 1:]
            yield numbers[:at] + [numbers[at] // 2] + numbers[at + 1:]
            yield numbers[:at] + [numbers[at] - 1] + numbers[at + 1:]
        yield numbers[:at] + numbers[at + 1:]
        if any(numbers[at:]):
            yield numbers[:at]


def simpler(case):
    """Cases that may be simpler than this one."""
    for at in range(len(case.steps)):
        for size in (1, 2, 3):
            yield replayed(case, case.head, case.steps[:at] + case.steps[at + size:])
    for at, numbers in enumerate(case.steps):
        for shorter in _simpler_lists(numbers):
            yield replayed(case, case.head, case.steps[:at] + [shorter] + case.steps[at + 1:])
    for shorter in _simpler_lists(case.head):
        yield replayed(case, shorter, case.steps)

# SPDX-License-Identifier: MIT
"""The numbers that decide what a random case is.

A generator asks for every decision with below(n) or one of its kin. First the numbers are
random; recorded, they make the same case again; and made smaller they make a simpler one,
because a generator gives the number 0 the simplest meaning. So cases shrink with no knowledge
of what they are.
"""


class Choices:
    """One step's numbers: drawn from rng, or from numbers and then 0."""

    def __init__(self, rng=None, numbers=()):
        self.rng = rng
        self.numbers = list(numbers)
        self.taken = []

    def below(self, n):
        """A number from 0 to n - 1."""
        if self.rng:
            value = self.rng.randrange(n)
        else:
            at = len(self.taken)
            value = min(self.numbers[at], n - 1) if at < len(self.numbers) else 0
        self.taken.append(value)
        return value

    def between(self, low, high):
        return low + self.below(high - low + 1)

    def pick(self, options):
        """One of options, of which the first is the simplest. Repeat one to make it likely."""
        return options[self.below(len(options))]

    def chance(self, percent):
        return self.below(100) >= 100 - percent

    def dim(self, most=1 << 30):
        """Elements of a dimension: mostly few."""
        return self.between(1, min(most, self.pick([3, 8, 8, 8, 12, 20, 20, 40, 70])))

    def factor(self):
        """A number around 1 with many digits."""
        return 2.0 ** self.pick([0, 0, 0, -1, 1, -2, 2]) * (1 + self.below(1000) / 1000)

    def scale(self):
        return 2.0 ** -self.pick([5, 5, 4, 6, 3, 7, 2, 8, 9, 1, 10, 0]) * (
            1 + self.below(1000) / 1000)

    def zero_point(self):
        return (self.below(256) + 128) % 256 - 128

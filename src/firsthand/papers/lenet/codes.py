"""The two tables of LeNet-5 that were chosen by hand: which maps C3 looks at, and the codes of the classes."""

import torch
from jaxtyping import Float
from torch import Tensor

# Table I: column m lists the S2 maps that C3's map m sees. Six runs of three and six of four, both cyclic, three broken
# fours, and all six: 60 kernels instead of 96.
C3_SEES = "012 123 234 345 045 015 0123 1234 2345 0345 0145 0125 0134 1245 0235 012345".split()

# Figure 3: every class is a drawing 7 wide and 12 high, # for +1 and . for -1. The paper prints no numbers; these were
# read from the figure at a low resolution, so a few cells may differ from the authors'.
DRAWINGS = """
.......  ..###..  .......  .....##  .......  .......  ###....  .....##  ##...##  ##..###
..####.  .####..  #######  ....###  .......  #######  ##.....  .....##  ##...##  ##...##
.##.###  ...##..  ##...##  ...###.  .##...#  ##.....  ##.....  ....###  ##...##  ##...##
##....#  ...##..  #....##  ..#####  ###...#  ##.....  ######.  ...##..  #######  ##..###
##....#  ...##..  .....##  .....##  ###...#  #####..  ###..##  ...##..  ##...##  #######
##....#  ...##..  ...##..  ......#  ##....#  .#####.  ##...##  ..##...  ##...##  ..####.
##....#  ...##..  ..###..  ......#  ##....#  ..#####  ##...##  ..##...  ##...##  .....##
##....#  ...##..  ###....  ......#  ##...##  .....##  ##...##  ..##...  ##...##  .....##
.##.###  ...##..  ##.....  ##...##  ##..###  ##...##  ###..##  ..##...  ##...##  ....##.
..####.  .######  #######  #######  #######  #######  #######  ..##...  #######  #####..
.......  .......  .......  .......  .....##  .......  .......  .......  .......  .......
.......  .......  .......  .......  .....##  .......  .......  .......  .......  .......
"""


def c3_table() -> Float[Tensor, "16 6"]:
    """1 where a map of C3 (row) is connected to a map of S2 (column), else 0. Source: Table I, transposed."""
    return torch.tensor([[float(str(s2) in seen) for s2 in range(6)] for seen in C3_SEES])


def codes() -> Float[Tensor, "10 84"]:
    """The fixed weights w_ij of the output units: the drawings, +1 or -1, row after row. Source: Figure 3."""
    digits = zip(*(line.split() for line in DRAWINGS.split("\n") if line), strict=True)
    return torch.tensor([[1.0 if cell == "#" else -1.0 for cell in "".join(rows)] for rows in digits])

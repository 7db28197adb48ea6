"""The bound is one: below the likelihood, which importance sampling approaches from below."""

from firsthand.claims import Arm, Claim, Measure, limit_from
from firsthand.papers.vae.planes import two_latents

BOUND = Measure("bound", "bound (nats)", digits=2)
SAMPLED_50 = Measure("sampled 50", "50 importance samples (nats)", digits=2)
SAMPLED_5000 = Measure("sampled 5000", "5,000 importance samples (nats)", digits=2)
TRUE = Measure("quadrature", "log p(x) by quadrature (nats)", digits=2)
EARLY = Arm("after 300 steps", experiment=two_latents, overrides={"steps": 300})
LATER = Arm("after 3,000 steps", experiment=two_latents)
BOTH = EARLY, LATER

CLAIM = Claim(
    key="bound",
    kind="identity",
    statement="The objective is a lower bound of log p(x), and importance sampling closes the gap.",
    where="sec. 2.2, eq. 1; Burda et al. (2016), theorem 1",
    measures=(BOUND, SAMPLED_50, SAMPLED_5000, TRUE),
    arms=BOTH,
    conditions=limit_from(
        "theory",
        BOUND.of(*BOTH) <= SAMPLED_50.of(*BOTH),
        SAMPLED_50.of(*BOTH) <= SAMPLED_5000.of(*BOTH),
        abs(TRUE.of(*BOTH) - SAMPLED_5000.of(*BOTH)) < 0.1,
        BOUND.of(*BOTH) <= TRUE.of(*BOTH),
    ),
    seeds=(3, 4, 5),
    remark="Networks of 200 units and two latents, trained with Adam (preset `plane`), on 200 test digits. The bound "
    "is the mean over 5,000 samples of z for each digit, the importance-sampled estimates are of the same samples, "
    "in groups of 50 and all together; the quadrature adds up p(x|z) p(z) on a grid of step 0.04. What the bound "
    "lacks is the distance of q(z|x) from the posterior. What 5,000 samples lack is the rare digit whose posterior "
    "has a second place.",
)

"""The engine: recipes, tasks, the loop, checkpoints, run folders, figures. `firsthand.train(...)` trains."""

from firsthand.callable import call

call(__name__, "firsthand.api", "train")

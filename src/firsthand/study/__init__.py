"""The learning half: exercises to rebuild a paper from, and the judge that says what is wrong."""

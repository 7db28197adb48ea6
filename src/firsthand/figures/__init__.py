"""How things are drawn, each file a kind of figure. What is drawn comes from runs, no number is typed in."""

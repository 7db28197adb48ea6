"""The drawing room: style, curves, dots, images, surfaces. What is drawn comes from runs, no number is typed in."""

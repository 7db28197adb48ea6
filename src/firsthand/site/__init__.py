"""The site: every paper's notes, claims, source and exercise as pages that load nothing from elsewhere.

Markdown is written from the papers' folders, the layers and the results, and Sphinx makes pages of it.
"""
